"""A chat model run by transformers on the processor.

Greedy, and drafted from the prompt (prompt lookup decoding, Saxena 2023): an answer over articles repeats
their words, so up to ten tokens are checked in one step and the text is the same as one token at a time (but
for near ties, which fewer bits than float32's may round either way).
The decoding loop is ours because transformers 5.23 writes other text when prompt lookup meets a cache that
already holds the passages, and because reading the passages once for all prompts of a question is most of
the speed.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.arithmetic import eight_bits_are_faster, fast_dtype, has_tiles, in_eight_bits, in_tiles
from rag.errors import ModelError
from rag.lower_layers import lower_layers
from rag.prompt_reader import CHUNK, Openings, PromptReader
from rag.skimmer import Skimmer
from rag.stopping import go_on
from rag.types import GeneratorSession, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRAFT_TOKENS = 10
NO_QUESTION = "N/A"  # what a span draws from no question at all is not about the question


class TransformersGenerator:
    """A causal language model with a chat template, from a local folder or the hub's local cache.

    One session at a time: others wait for it to end. ``evidence_head`` is the (layer, head), both from 0,
    whose attention finds evidence (see ``_Session.attend``), ``state_layer`` the number of layers after which
    its state says whether passages answer (rag/probe.py); None when none was measured for this model.
    """

    def __init__(
        self,
        source: str | Path,
        name: str,
        evidence_head: tuple[int, int] | None = None,
        state_layer: int | None = None,
    ) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        self.name = name
        self._lock = threading.Lock()
        eight_bits = eight_bits_are_faster()
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(str(source), local_files_only=True)
            self._model: Any = AutoModelForCausalLM.from_pretrained(
                str(source), dtype=torch.bfloat16 if eight_bits else fast_dtype(), local_files_only=True
            ).eval()
        except (OSError, ValueError) as error:
            line = str(error).strip().splitlines()[0]
            raise ModelError(f"the model {str(source)!r} cannot be loaded: {line}") from None
        if not self._tokenizer.chat_template:
            raise ModelError(f"the model {str(source)!r} has no chat template: choose one tuned for chat")
        if eight_bits:
            in_eight_bits(self._model)
        elif has_tiles():
            in_tiles(self._model, CHUNK)
        for layer in getattr(getattr(self._model, "model", None), "layers", ()):
            layer.register_forward_pre_hook(lambda _layer, _inputs: go_on())
        self._skimmer = Skimmer(self._model, *evidence_head) if evidence_head else None
        self._lower = lower_layers(self._model, state_layer) if state_layer else None
        self._openings: tuple[Openings, Openings] = {}, {}

    @contextmanager
    def session(self) -> Iterator[GeneratorSession]:
        """Open a session with nothing read; what a session writes never depends on another."""
        with self._lock:
            try:
                yield _Session(self)
            finally:
                hand_back_memory()


class _Session:
    """One question's prompts, read by the whole model or by its lower layers."""

    def __init__(self, owner: TransformersGenerator) -> None:
        self._model, self._tokenizer, self._skimmer = owner._model, owner._tokenizer, owner._skimmer
        whole, lower = owner._openings
        self._whole = PromptReader(owner._model, whole, logits_to_keep=1)
        self._lower = PromptReader(owner._lower, lower) if owner._lower else None
        ends = self._model.generation_config.eos_token_id
        self._ends = set(ends if isinstance(ends, list) else [ends]) | {self._tokenizer.eos_token_id}

    def stream(
        self, messages: Sequence[tuple[str, str]], max_tokens: int
    ) -> Generator[str, None, tuple[float, ...]]:
        """Yield the reply so far, growing (empty while the prompt is read); return each token's
        log-probability. Closing the iterator stops the model.
        """
        sequence, whole = self._encode(messages, self._whole), self._whole
        start, draft, chances = len(sequence), list[int](), list[float]()
        yield from ("" for _ in whole.advance(sequence))
        while True:
            new = sequence[len(whole.read) :] + draft
            logits = _log_chances(whole.forward(new, logits_to_keep=len(draft) + 1))
            best = logits.argmax(-1).tolist()
            accepted = next((i for i, token in enumerate(draft) if best[i] != token), len(draft))
            whole.keep(len(sequence) + accepted, sequence + draft)
            written = best[: accepted + 1]
            ended = next((i for i, token in enumerate(written) if token in self._ends), len(written))
            chances += [float(logits[row, token]) for row, token in enumerate(written[: ended + 1])]
            sequence += written[:ended]
            yield self._tokenizer.decode(sequence[start:], skip_special_tokens=True).strip()
            if ended < len(written) or len(sequence) - start >= max_tokens:
                return tuple(chances)
            draft = _draft(sequence)

    def choose(
        self, messages: Sequence[tuple[str, str]], choices: Sequence[str]
    ) -> Generator[None, None, tuple[float, ...]]:
        """Return the log-probability of each choice's first token as the first token of the reply. Closing
        the iterator stops the reading.
        """
        sequence, whole = self._encode(messages, self._whole), self._whole
        yield from whole.advance(sequence)
        logits = _log_chances(whole.finish(sequence))[0]
        first = [self._tokenizer.encode(c, add_special_tokens=False)[0] for c in choices]
        return tuple(float(logits[token]) for token in first)

    def state(self, messages: Sequence[tuple[str, str]]) -> Generator[None, None, NDArray[np.float32] | None]:
        """Return the state after the prompt's last token, shape (dimension,), as it is after the layers of
        which that is known to say something, and reads these only; None when none are. Closing the iterator
        stops the reading.
        """
        lower = self._lower
        if lower is None:
            return None
        sequence = self._encode(messages, lower)
        yield from lower.advance(sequence)
        state: NDArray[np.float32] = lower.finish(sequence).last_hidden_state[0, -1].float().numpy()
        return state

    def attend(
        self, messages: Sequence[tuple[str, str]], spans: Sequence[Span], question: Span
    ) -> Generator[None, None, list[float]]:
        """Return how much attention the question pays to each span, beyond what no question would.

        Spans are of characters in the last message, the question's after all others. Reads the lower layers
        only, up to the head that finds evidence. Empty when the model has no such head. Closing the iterator
        stops the reading. A single head does it (Wu et al., Retrieval Head, ICLR 2025); taking away what an
        empty question draws is from Chen et al., Attention in LLMs Yields Efficient Rerankers, ICLR 2025.
        """
        if self._skimmer is None:
            return []
        text = self._chat_text(messages)
        offset = text.rindex(messages[-1][1])
        ids, places = self._tokens(text)
        start, end = offset + question[0], offset + question[1]
        first = next(i for i, (_, stop) in enumerate(places) if stop > start)
        last = next((i for i, (begin, _) in enumerate(places) if begin >= end), len(ids))
        reader = self._skimmer.reader()
        yield from reader.advance(ids[:first])
        reader.finish(ids[:first])
        nothing = self._tokenizer.encode(NO_QUESTION, add_special_tokens=False)
        weights = self._skimmer.attention(reader, ids[first:last]) - self._skimmer.attention(reader, nothing)
        shared = list(zip(places[:first], weights.tolist(), strict=True))
        return [sum(w for place, w in shared if _overlap(place, (offset + a, offset + b))) for a, b in spans]

    def _encode(self, messages: Sequence[tuple[str, str]], reader: PromptReader) -> list[int]:
        """Return a prompt's tokens; the reader has read its system message afterwards."""
        text = self._chat_text(messages)
        ids, places = self._tokens(text)
        end = text.index(messages[0][1]) + len(messages[0][1])
        reader.open(ids[: sum(stop <= end for _, stop in places)])
        return ids

    def _chat_text(self, messages: Sequence[tuple[str, str]]) -> str:
        chat = [{"role": role, "content": content} for role, content in messages]
        text: str = self._tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
        return text

    def _tokens(self, text: str) -> tuple[list[int], list[Span]]:
        """Return the tokens of a text and where each stands in it."""
        encoded = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return list(encoded["input_ids"]), list(encoded["offset_mapping"])


def _log_chances(out: Any) -> Any:
    """Return the log-probabilities of what comes out of a language model, shape (places, words)."""
    import torch

    with torch.inference_mode():
        return torch.log_softmax(out.logits[0].float(), dim=-1)


def hand_back_memory() -> None:
    """Return freed memory to the system at once where the C library can (glibc), which else keeps most of it
    and grows question by question.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _draft(sequence: list[int]) -> list[int]:
    """Guess what follows: what followed the last place before with the same three, two or one tokens."""
    for size in (3, 2, 1):
        tail = sequence[-size:]
        for i in range(len(sequence) - size - 1, -1, -1):
            if sequence[i : i + size] == tail:
                return sequence[i + size : i + size + DRAFT_TOKENS]
    return []
