"""A chat model run by transformers on the processor; with the skimmer the only module that runs one.

Greedy, and drafted from the prompt (prompt lookup decoding, Saxena 2023): an answer over articles repeats
their words, so up to ten tokens are checked in one step and the text is the same as one token at a time (but
for near ties, which fewer bits than float32's may round either way).
The decoding loop is ours because transformers 5.23 writes other text when prompt lookup meets a cache that
already holds the passages, and because reading the passages once for all prompts of a question is most of
the speed.
"""

from __future__ import annotations

import copy
import ctypes
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.arithmetic import eight_bits_are_faster, fast_dtype, in_eight_bits
from rag.errors import ModelError
from rag.skimmer import Skimmer, empty_cache
from rag.stopping import go_on
from rag.types import Choice, GeneratorSession, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRAFT_TOKENS = 10
CHUNK = 256  # prompt tokens read at a time; a stop is heard at every layer of them
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
        for layer in getattr(getattr(self._model, "model", None), "layers", ()):
            layer.register_forward_pre_hook(lambda _layer, _inputs: go_on())
        self._skimmer = Skimmer(self._model, *evidence_head, CHUNK) if evidence_head else None
        self._state_layer = state_layer
        self._openings: dict[tuple[int, ...], Any] = {}  # the system messages that were met, read

    @contextmanager
    def session(self) -> Iterator[GeneratorSession]:
        """Open a session with nothing read; what a session writes never depends on another."""
        with self._lock:
            try:
                yield _Session(self)
            finally:
                hand_back_memory()


class _Session:
    """One question's prompts. What two prompts begin with in common is read once, and what all questions'
    prompts begin with, the system message, once for all (``openings``).
    """

    def __init__(self, owner: TransformersGenerator) -> None:
        self._model, self._tokenizer = owner._model, owner._tokenizer
        self._skimmer, self._state_layer = owner._skimmer, owner._state_layer
        self._openings = owner._openings
        self._cache: Any = empty_cache(self._model)
        self._read: list[int] = []  # the tokens whose keys and values the cache holds
        ends = self._model.generation_config.eos_token_id
        self._ends = set(ends if isinstance(ends, list) else [ends]) | {self._tokenizer.eos_token_id}

    def stream(
        self, messages: Sequence[tuple[str, str]], max_tokens: int
    ) -> Generator[str, None, tuple[float, ...]]:
        """Yield the reply so far, growing (empty while the prompt is read); return each token's
        log-probability. Closing the iterator stops the model.
        """
        sequence = self._encode(messages)
        start, draft, chances = len(sequence), list[int](), list[float]()
        yield from ("" for _ in self._advance(sequence))
        while True:
            logits = self._forward(sequence[len(self._read) :] + draft, len(draft) + 1)
            best = logits.argmax(-1).tolist()
            accepted = next((i for i, token in enumerate(draft) if best[i] != token), len(draft))
            self._keep(len(sequence) + accepted, sequence + draft)
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
    ) -> Generator[None, None, Choice]:
        """Return the log-probability of each choice's first token as the first token of the reply, and the
        state after the prompt's last token. Closing the iterator stops the reading.
        """
        sequence = self._encode(messages)
        yield from self._advance(sequence)
        with _captured(self._model, self._state_layer) as states:
            logits = self._forward(sequence[len(self._read) :], 1)[0]
        self._read = sequence
        first = [self._tokenizer.encode(c, add_special_tokens=False)[0] for c in choices]
        return Choice(tuple(float(logits[token]) for token in first), states[-1] if states else None)

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
        reading = self._skimmer.read(ids[:first])
        cache = yield from reading
        nothing = self._tokenizer.encode(NO_QUESTION, add_special_tokens=False)
        weights = self._skimmer.attention(cache, ids[first:last]) - self._skimmer.attention(cache, nothing)
        shared = list(zip(places[:first], weights.tolist(), strict=True))
        return [sum(w for place, w in shared if _overlap(place, (offset + a, offset + b))) for a, b in spans]

    def _encode(self, messages: Sequence[tuple[str, str]]) -> list[int]:
        """Return a prompt's tokens; its system message is in the cache afterwards."""
        text = self._chat_text(messages)
        ids, places = self._tokens(text)
        end = text.index(messages[0][1]) + len(messages[0][1])
        self._open(ids[: sum(stop <= end for _, stop in places)])
        return ids

    def _open(self, opening: list[int]) -> None:
        """Have the cache begin with these tokens, which may have been read for another question."""
        if self._read[: len(opening)] == opening:
            return
        if tuple(opening) in self._openings:
            self._cache = copy.deepcopy(self._openings[tuple(opening)])
        else:
            self._cache = empty_cache(self._model)
            self._forward(opening, 1)
            self._openings[tuple(opening)] = copy.deepcopy(self._cache)
        self._read = list(opening)

    def _chat_text(self, messages: Sequence[tuple[str, str]]) -> str:
        chat = [{"role": role, "content": content} for role, content in messages]
        text: str = self._tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
        return text

    def _tokens(self, text: str) -> tuple[list[int], list[Span]]:
        """Return the tokens of a text and where each stands in it."""
        encoded = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return list(encoded["input_ids"]), list(encoded["offset_mapping"])

    def _advance(self, sequence: list[int]) -> Iterator[None]:
        """Read all but the end of a prompt, a chunk at a time, from where it differs from the last one."""
        shared = next(
            (i for i, (a, b) in enumerate(zip(self._read, sequence, strict=False)) if a != b),
            min(len(self._read), len(sequence)),
        )
        self._keep(min(shared, len(sequence) - 1), self._read)
        while len(sequence) - len(self._read) > CHUNK:
            read = len(self._read)
            self._forward(sequence[read : read + CHUNK], 1)
            self._read = sequence[: read + CHUNK]
            yield

    def _forward(self, tokens: list[int], keep: int) -> Any:
        """Read tokens on top of the cache; return log-probabilities after the last ``keep`` of them."""
        import torch

        with torch.inference_mode():
            out = self._model(
                torch.tensor([tokens]), past_key_values=self._cache, use_cache=True, logits_to_keep=keep
            )
            return torch.log_softmax(out.logits[0].float(), dim=-1)

    def _keep(self, length: int, tokens: list[int]) -> None:
        """Cut the cache back to its first ``length`` tokens, which are the first of ``tokens``."""
        surplus = int(self._cache.get_seq_length()) - length
        if surplus > 0:
            self._cache.crop(-surplus)
        self._read = tokens[:length]


@contextmanager
def _captured(model: Any, layer: int | None) -> Iterator[list[NDArray[np.float32]]]:
    """Collect the state after the last token that is read, as it is after so many layers."""
    states: list[NDArray[np.float32]] = []
    if layer is None:
        yield states
        return

    def keep(_module: Any, _read: Any, out: Any) -> None:
        states.append((out[0] if isinstance(out, tuple) else out)[0, -1].float().numpy())

    hook = model.model.layers[layer - 1].register_forward_hook(keep)
    try:
        yield states
    finally:
        hook.remove()


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
