"""One page of metrics of several processes: what Prometheus reads from it is what each of them said."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.workers.metrics_text import LABEL, labelled, merged


def page(count: int, *, odd: str = 'a "quoted" \\ {brace}\nline') -> bytes:
    registry = CollectorRegistry()
    Counter("plain", "Without labels.", registry=registry).inc(count)
    Counter("labelled", "With one.", ["why"], registry=registry).labels(odd).inc(count)
    Histogram("seconds", "In buckets.", ["stage"], buckets=(1.0, 2.0), registry=registry).labels("x").observe(count)
    return generate_latest(registry)


def samples(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    found = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found
            found[key] = sample.value
    return found


def test_every_sample_of_every_process_is_there_with_its_worker() -> None:
    pages = {0: page(1), 1: page(2)}
    together = samples(merged([labelled(text, worker) for worker, text in pages.items()]))
    expected = {
        (name, tuple(sorted((*labels, (LABEL, str(worker)))))): value
        for worker, text in pages.items()
        for (name, labels), value in samples(text).items()
    }
    assert together == expected


def test_a_family_is_explained_once_and_what_is_the_supervisors_has_no_worker() -> None:
    text = merged([labelled(page(1), 0), labelled(page(2), 1), b"# HELP own Its own.\n# TYPE own gauge\nown 1.0\n"])
    lines = text.decode().splitlines()
    assert len([line for line in lines if line.startswith("# TYPE")]) == len(
        {line for line in lines if line.startswith("# TYPE")}
    )
    assert samples(text)["own", ()] == 1.0
