"""Trains the adapters of rag/reader.py on a file in SQuAD's format, on the processor, in an hour or two.

    python -m rag.reader_training train-v1.1.json --minutes 40
    python -m rag.reader_training train-v1.1.json --minutes 40 --rate 7e-4 --start rag/reader.safetensors

Each question is read over its own paragraph and over a near miss, a paragraph of the same article that BM25
finds and that lacks the answer; one softmax over the tokens of both says where the answer begins and ends
(Clark and Gardner, Simple and Effective Multi-Paragraph Reading Comprehension, ACL 2018), and a second head
whether a paragraph answers. No dropout: every question is met once.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.lexical import Lexical
from rag.models import model_path
from rag.reader import ADAPTED, SCALE

RANK = 32
QUESTIONS = 16  # a step
RELEVANCE = 0.5  # weight of the second head's loss
LONGEST = 900  # characters of a paragraph: longer ones cost time and are unlike our passages
TOKENS = 232
NEAR = 5  # paragraphs among which the near miss is drawn


@dataclass(frozen=True, slots=True)
class Example:
    """A question, its paragraph with the answer's place in it, and near misses; all of one article."""

    question: str
    title: str
    paragraph: str
    start: int
    end: int
    near: tuple[str, ...]


def examples(path: Path) -> list[Example]:
    """Read the questions of a SQuAD file whose paragraphs are short enough, with their near misses."""
    found = []
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        paragraphs = [p["context"] for p in article["paragraphs"]]
        lexical = Lexical(paragraphs)
        for paragraph in article["paragraphs"]:
            if len(paragraph["context"]) < LONGEST:
                for asked in paragraph["qas"]:
                    title = article["title"].replace("_", " ")
                    found.append(_example(title, paragraph["context"], asked, paragraphs, lexical))
    return found


def _example(
    title: str, context: str, asked: dict[str, Any], paragraphs: Sequence[str], lexical: Lexical
) -> Example:
    answer, question = asked["answers"][0], asked["question"].strip()
    scores = lexical.scores(question)
    nearest = [paragraphs[i] for i in sorted(range(len(paragraphs)), key=lambda i: -scores[i])[:NEAR]]
    near = [p for p in nearest if answer["text"].lower() not in p.lower() and len(p) < LONGEST]
    start = answer["answer_start"]
    return Example(question, title, context, start, start + len(answer["text"]), tuple(near))


class Trainee:
    """MiniLM with fresh adapters and heads, its own weights frozen."""

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer

        torch.manual_seed(0)
        self._tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        self._model: Any = AutoModel.from_pretrained(str(folder), local_files_only=True)
        self._model.eval().requires_grad_(False)
        width = self._model.config.hidden_size
        self.learned = {
            "heads.span.weight": 0.02 * torch.randn(2, width), "heads.span.bias": torch.zeros(2),
            "heads.rel.weight": 0.02 * torch.randn(1, width), "heads.rel.bias": torch.zeros(1),
        }  # fmt: skip
        for name, module in self._model.named_modules():
            if name.endswith(ADAPTED):
                self._adapt(name, module)
        for tensor in self.learned.values():
            tensor.requires_grad_(True)

    def _adapt(self, name: str, module: Any) -> None:
        """Let a linear map add what its adapter makes of its input."""
        import torch
        from torch.nn.functional import linear

        down = torch.empty(RANK, module.in_features)
        torch.nn.init.kaiming_uniform_(down, a=math.sqrt(5))
        up = torch.zeros(module.out_features, RANK)
        self.learned |= {f"{name}.a": down, f"{name}.b": up}
        module.register_forward_hook(
            lambda _module, inputs, output: output + SCALE * linear(linear(inputs[0], down), up)
        )

    def loss(self, batch: Sequence[Example], rng: random.Random) -> Any:
        """Return the loss of a batch; half of it is read with the article's title, as passages are."""
        import torch
        from torch.nn.functional import binary_cross_entropy_with_logits, linear

        rows, owners, titles = [], [], [e.title + ". " if rng.random() < 0.5 else "" for e in batch]
        for i, example in enumerate(batch):
            texts = [example.paragraph] + ([rng.choice(example.near)] if example.near else [])
            rows += [(example.question, titles[i] + text) for text in texts]
            owners += [i] * len(texts)
        encoded = self._tokenizer(
            [q for q, _ in rows], [text for _, text in rows], truncation="only_second",
            max_length=TOKENS, padding=True, return_offsets_mapping=True, return_tensors="pt",
        )  # fmt: skip
        offsets = encoded.pop("offset_mapping")
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = self._model(**encoded).last_hidden_state
        states = states.float()
        ends = linear(states, self.learned["heads.span.weight"], self.learned["heads.span.bias"])
        in_text = torch.tensor([[p == 1 for p in encoded.sequence_ids(i)] for i in range(len(rows))])
        ends = ends.masked_fill(~in_text[..., None], -1e4)
        relevance = linear(states[:, 0], self.learned["heads.rel.weight"], self.learned["heads.rel.bias"])
        first = [owners.index(i) for i in range(len(batch))]
        span = sum(
            _span_loss(
                ends[first[i] : first[i] + owners.count(i)], offsets[first[i]], in_text[first[i]], place
            )
            for i, place in enumerate(
                (len(t) + e.start, len(t) + e.end) for t, e in zip(titles, batch, strict=True)
            )
        ) / len(batch)
        answers = torch.tensor([float(row in first) for row in range(len(rows))])
        return span + RELEVANCE * binary_cross_entropy_with_logits(relevance[:, 0], answers)

    def load(self, path: Path) -> None:
        """Begin from adapters that were saved before."""
        from safetensors.torch import load_file

        for name, tensor in load_file(path).items():
            self.learned[name].data.copy_(tensor.float())

    def average(self, path: Path) -> None:
        """Move half the way back to adapters that were saved before (Wortsman et al., Model soups, 2022)."""
        from safetensors.torch import load_file

        for name, tensor in load_file(path).items():
            self.learned[name].data.add_(tensor.float()).div_(2)

    def save(self, path: Path, steps: int) -> None:
        """Write the adapters in half precision."""
        import torch
        from safetensors.torch import save_file

        halves = {name: tensor.detach().to(torch.float16) for name, tensor in self.learned.items()}
        save_file(halves, path, {"base": "sentence-transformers/all-MiniLM-L6-v2", "steps": str(steps)})


def _span_loss(ends: Any, offsets: Any, in_text: Any, answer: tuple[int, int]) -> Any:
    """Cross-entropy of where the answer begins and ends, among all tokens of a question's paragraphs."""
    import torch
    from torch.nn.functional import cross_entropy

    inside = in_text & (offsets[:, 1] > answer[0]) & (offsets[:, 0] < answer[1])
    places = inside.nonzero()[:, 0]
    if not len(places):  # beyond what was read
        return torch.zeros(())
    flat = ends.reshape(-1, 2)
    targets = torch.stack([places[0], places[-1]])
    return cross_entropy(flat.T, targets)


def train(
    trainee: Trainee,
    found: Sequence[Example],
    seconds: float,
    rate: float,
    report: Callable[[int, float], None],
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Train until the time is up; return the number of steps. ``report`` gets (step, loss) now and then.

    The learning rate rises to ``rate`` over the first 4 % of the time, then falls to nothing.
    """
    import torch

    rng = random.Random(0)  # noqa: S311  # an order, not a secret
    learned = list(trainee.learned.values())
    optimizer = torch.optim.AdamW(learned, lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    began, step, losses = clock(), 0, []
    for batch in _batches(found, rng):
        spent = (clock() - began) / seconds
        if spent >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, spent / 0.04) * (1 - spent)
        loss = trainee.loss(batch, rng)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        step += 1
        losses.append(loss.item())
        if step % 50 == 0:
            report(step, sum(losses[-50:]) / 50)
    return step


def _batches(found: Sequence[Example], rng: random.Random) -> Iterator[list[Example]]:
    """Yield batches of like length without end, each question once a round."""
    while True:
        order = rng.sample(list(found), len(found))
        for first in range(0, len(order), 8 * QUESTIONS):
            block = sorted(order[first : first + 8 * QUESTIONS], key=lambda e: len(e.paragraph))
            batches = [block[i : i + QUESTIONS] for i in range(0, len(block), QUESTIONS)]
            yield from rng.sample(batches, len(batches))


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write the adapters."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("squad", type=Path, help="train-v1.1.json of SQuAD")
    parser.add_argument("--minutes", type=float, default=80)
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate of AdamW")
    parser.add_argument("--start", type=Path, help="adapters to begin from, and to average with at the end")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("reader.safetensors"))
    options = parser.parse_args(arguments)
    trainee = Trainee(Path(model_path("minilm")))
    if options.start:
        trainee.load(options.start)
    found = examples(options.squad)

    def report(step: int, loss: float) -> None:
        sys.stderr.write(f"step {step}: loss {loss:.3f}\n")

    steps = train(trainee, found, 60 * options.minutes, options.rate, report)
    if options.start:
        trainee.average(options.start)
    trainee.save(options.out, steps)
    sys.stderr.write(f"{options.out}: {steps} steps of {QUESTIONS} questions\n")


if __name__ == "__main__":
    main()
