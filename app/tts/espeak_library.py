"""The C library espeak-ng: text to phonemes and text to sound.

Bound by hand from ``speak_lib.h`` (https://github.com/espeak-ng/espeak-ng/blob/1.52.0/src/include/espeak-ng/speak_lib.h).
The library keeps its state in globals of the process: there is one ``Espeak``, and one thread at a time is in it.
"""

from __future__ import annotations

import ctypes
import functools
import threading

import espeakng_loader

from app.errors import ConfigError, ProviderUnavailable

_OUTPUT_SYNCHRONOUS = 2
_CHARS_UTF8 = 1
_PHONEMES_IPA = 0x02
_PHONEMES_TIE = 0x80
_POSITION_CHARACTER = 1
_BUFFER_MS = 100
_CONTINUE = 0

_SampleCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Espeak:
    """Use ``load_espeak``. Methods block for a few milliseconds a sentence; call them from any thread."""

    def __init__(self) -> None:
        try:
            library = ctypes.CDLL(espeakng_loader.get_library_path())
            data_path = espeakng_loader.get_data_path()
        except (OSError, RuntimeError) as error:
            raise ConfigError(
                "espeak-ng cannot be loaded; run `pip install --force-reinstall espeakng-loader`"
            ) from error
        library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
        library.espeak_Synth.argtypes = [
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint),
            *(ctypes.c_void_p, ctypes.c_void_p),
        ]
        library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
        self._library = library
        self._lock = threading.Lock()
        self._voice = ""
        self._samples: list[bytes] = []
        # ctypes does not keep the callback alive: this object does.
        self._callback = _SampleCallback(self._receive)
        self.rate_hz: int = library.espeak_Initialize(_OUTPUT_SYNCHRONOUS, _BUFFER_MS, data_path.encode(), 0)
        if self.rate_hz <= 0:
            raise ConfigError("espeak-ng cannot read its data; run `pip install --force-reinstall espeakng-loader`")
        library.espeak_SetSynthCallback(self._callback)

    def phonemes(self, text: str, voice: str, tie: str) -> str:
        """Return IPA with stress marks; ``tie`` joins the letters of an affricate or a diphthong."""
        with self._lock:
            self._select(voice)
            pointer = ctypes.c_char_p(text.encode())
            mode = _PHONEMES_IPA | _PHONEMES_TIE | ord(tie) << 8
            clauses = []
            while pointer.value is not None:  # each call takes one clause and moves the pointer past it
                clause = self._library.espeak_TextToPhonemes(ctypes.byref(pointer), _CHARS_UTF8, mode)
                clauses.append((clause or b"").decode())
            return " ".join(clauses)

    def synthesize(self, text: str, voice: str) -> bytes:
        """Return 16-bit mono samples at ``rate_hz``. Raises ProviderUnavailable when the library refuses."""
        encoded = text.encode() + b"\0"
        with self._lock:
            self._select(voice)
            self._samples.clear()
            status = self._library.espeak_Synth(
                encoded, len(encoded), 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
            )
            samples = b"".join(self._samples)
        if status != 0:
            raise ProviderUnavailable("espeak", "synthesis-failed")
        return samples

    def _select(self, voice: str) -> None:
        if voice != self._voice:
            if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
                raise ProviderUnavailable("espeak", "voice-missing")
            self._voice = voice

    def _receive(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._samples.append(ctypes.string_at(samples, count * 2))
        return _CONTINUE


def load_espeak() -> Espeak:
    """Return the library of this process, initialised on the first call; from any thread. Raises ConfigError."""
    with _loading:
        return _the_espeak()


_loading = threading.Lock()
"""A cache lets threads that come at once all do the work, and two that initialise the library corrupt its memory."""


@functools.cache
def _the_espeak() -> Espeak:
    return Espeak()
