"""How late, how well and why: interpreting measured by replayed traces and by real calls. See docs/evaluation.md."""
