r"""Trains the adapters of rag/reader.py on a file in SQuAD's format, on a GPU where there is one.

    python -m rag.reader_training train-v1.1.json --minutes 4 --out one.safetensors
    python -m rag.reader_training train-v1.1.json --rank 96 --rate 7e-4 --seed 1 --out two.safetensors
    python -m rag.reader_training --average one.safetensors two.safetensors
    python -m rag.reader_training train-v1.1.json --reworded eval/reworded.jsonl --questions 16 --minutes 26 \
        --rate 3e-4 --dropout 0 --start rag/reader.safetensors --out three.safetensors
    python -m rag.reader_training train-v1.1.json --reworded eval/explained.jsonl some.jsonl --questions 16 \
        --minutes 24 --rate 3e-4 --dropout 0 --start three.safetensors --out four.safetensors
    python -m rag.reader_training --average three.safetensors four.safetensors --out five.safetensors
    python -m rag.reader_training train-v1.1.json --reworded eval/explained.jsonl some.jsonl --stories \
        eval/stories.json --questions 16 --minutes 29 --rate 3e-4 --dropout 0 --start five.safetensors \
        --out six.safetensors
    python -m rag.reader_training --average five.safetensors six.safetensors --out rag/verifier.safetensors
    python -m rag.reader_training train-v1.1.json --reworded eval/exchanged.jsonl others.jsonl --stories \
        eval/stories.json --questions 16 --minutes 49 --rate 3e-4 --dropout 0 \
        --start rag/verifier.safetensors --out seven.safetensors
    python -m rag.reader_training --average rag/verifier.safetensors seven.safetensors \
        --out rag/directions.safetensors

The first three lines give the reader, the next the verifier, which also learns from invented news, the last
two what reads directions (trained in two parts, see eval/NOTES.md). some.jsonl is every fourth line of
eval/reworded.jsonl, others.jsonl every eighth and every fourth of eval/explained.jsonl, so that what was
learned from them is not forgotten.

One softmax over the tokens of all that a question is read over (rag/reader_examples.py) says where the answer
begins and ends (Clark and Gardner, Simple and Effective Multi-Paragraph Reading Comprehension, ACL 2018), and
a second head whether a passage answers. What several runs have learned is averaged (Wortsman et al., Model
soups, ICML 2022), which reads texts of another kind better than the longest run does, and brought to the rank
that is shipped by singular values.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rag.errors import UsageError
from rag.models import model_path
from rag.reader import ADAPTED, SCALE
from rag.reader_examples import Example, Row, batches, examples, read_reworded, stories

RANK = 64
QUESTIONS = 32  # a step, each with two or three passages
TOKENS = 232
DROPOUT = 0.1


class Trainee:
    """MiniLM with fresh adapters and heads, or those of a file to ``start`` from, its own weights frozen."""

    def __init__(
        self,
        folder: Path,
        rank: int = RANK,
        seed: int = 0,
        start: Path | None = None,
        dropout: float = DROPOUT,
    ) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer

        torch.manual_seed(seed)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self._tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        self._model: Any = AutoModel.from_pretrained(
            str(folder), local_files_only=True,
            hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout,
        )  # fmt: skip
        self._model.requires_grad_(False).eval().to(self.device)
        width = self._model.config.hidden_size
        fresh = {
            "heads.span.weight": 0.02 * torch.randn(2, width), "heads.span.bias": torch.zeros(2),
            "heads.rel.weight": 0.02 * torch.randn(1, width), "heads.rel.bias": torch.zeros(1),
        }  # fmt: skip
        self.learned = {name: tensor.to(self.device) for name, tensor in fresh.items()}
        for name, module in self._model.named_modules():
            if name.endswith(ADAPTED):
                self._adapt(name, module, rank)
        if start:
            self._go_on_from(start)
        for tensor in self.learned.values():
            tensor.requires_grad_(True)

    def _adapt(self, name: str, module: Any, rank: int) -> None:
        """Let a linear map add what its adapter makes of its input."""
        import torch
        from torch.nn.functional import linear

        down = torch.empty(rank, module.in_features)
        torch.nn.init.kaiming_uniform_(down, a=math.sqrt(5))
        down, up = down.to(self.device), torch.zeros(module.out_features, rank, device=self.device)
        self.learned |= {f"{name}.a": down, f"{name}.b": up}
        module.register_forward_hook(
            lambda _module, inputs, output: output + SCALE * linear(linear(inputs[0], down), up)
        )

    def _go_on_from(self, path: Path) -> None:
        """Take the adapters and heads of a file; UsageError where they are of another rank."""
        from safetensors.torch import load_file

        for name, learned in load_file(path).items():
            if learned.shape != self.learned[name].shape:
                raise UsageError(f"{path} has adapters of another rank: name it with --rank")
            self.learned[name].copy_(learned)

    def loss(self, batch: Sequence[Sequence[Row]], dropout: bool = False) -> Any:
        """Return the loss of a batch, the rows of each of its questions with the one that answers first."""
        import torch
        from torch.nn.functional import linear

        rows = [row for each in batch for row in each]
        encoded = self._tokenizer(
            [row.question for row in rows], [row.passage for row in rows], truncation="only_second",
            max_length=TOKENS, padding=True, return_offsets_mapping=True, return_tensors="pt",
        )  # fmt: skip
        offsets = encoded.pop("offset_mapping")
        self._model.train(dropout)
        with torch.autocast(self.device, dtype=torch.bfloat16):
            states = self._model(**encoded.to(self.device)).last_hidden_state.float()
        in_text = torch.tensor([[p == 1 for p in encoded.sequence_ids(i)] for i in range(len(rows))])
        ends = linear(states, self.learned["heads.span.weight"], self.learned["heads.span.bias"])
        ends = ends.masked_fill(~in_text.to(self.device)[..., None], -1e4)
        relevance = linear(states[:, 0], self.learned["heads.rel.weight"], self.learned["heads.rel.bias"])
        spans, first = [], 0
        for each in batch:
            place = _place(offsets[first], in_text[first], each[0])
            if place is not None:
                spans.append(_span_loss(ends[first : first + len(each)], place))
            first += len(each)
        answers = torch.tensor([float(row.answer is not None) for row in rows], device=self.device)
        span = torch.stack(spans).mean() if spans else torch.zeros((), device=self.device)
        return span + _balanced(relevance[:, 0], answers)

    def save(self, path: Path, steps: int) -> None:
        """Write the adapters in half precision."""
        _write(path, self.learned, steps=str(steps))


def _place(offsets: Any, in_text: Any, row: Row) -> tuple[int, int] | None:
    """The first and the last token of a row's answer; None when it is beyond what was read."""
    if row.answer is None:
        return None
    inside = in_text & (offsets[:, 1] > row.answer[0]) & (offsets[:, 0] < row.answer[1])
    places = inside.nonzero()[:, 0].tolist()
    return (places[0], places[-1]) if places else None


def _span_loss(ends: Any, place: tuple[int, int]) -> Any:
    """Cross-entropy of where the answer begins and ends, among all tokens of all rows of a question; it
    stands in the first.
    """
    import torch
    from torch.nn.functional import cross_entropy

    targets = torch.tensor(place, device=ends.device)
    return cross_entropy(ends.reshape(-1, 2).T, targets, reduction="sum")


def _balanced(relevance: Any, answers: Any) -> Any:
    """Cross-entropy of whether each passage answers, both kinds weighing the same."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    others = (1 - answers).sum() / answers.sum()
    counts = torch.where(answers > 0, others.clamp(min=1.0), torch.ones_like(answers))
    return binary_cross_entropy_with_logits(relevance, answers, counts, reduction="sum") / counts.sum()


def train(
    trainee: Trainee,
    found: Sequence[Example],
    seconds: float,
    rate: float,
    report: Callable[[int, float], None],
    clock: Callable[[], float] = time.monotonic,
    seed: int = 0,
    size: int = QUESTIONS,
) -> int:
    """Train until the time is up, ``size`` questions a step; return the number of steps.

    ``report`` gets (step, loss) now and then. The learning rate rises to ``rate`` over the first 4 % of the
    time, then falls to nothing.
    """
    import torch

    rng = random.Random(seed)  # noqa: S311  # an order, not a secret
    learned = list(trainee.learned.values())
    optimizer = torch.optim.AdamW(learned, lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    began, step, losses = clock(), 0, []
    for batch in batches(found, size, rng):
        spent = (clock() - began) / seconds
        if spent >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, spent / 0.04) * (1 - spent)
        loss = trainee.loss(batch, dropout=True)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        step += 1
        losses.append(loss.item())
        if step % 50 == 0:
            report(step, sum(losses[-50:]) / 50)
    return step


def average(paths: Sequence[Path], out: Path, rank: int = RANK) -> None:
    """Write the mean of what several runs add to each weight, its largest singular values, and of heads."""
    import torch
    from safetensors.torch import load_file

    runs, mean = [load_file(path) for path in paths], dict[str, Any]()
    for name in runs[0]:
        if name.startswith("heads."):
            mean[name] = sum(run[name].float() for run in runs) / len(runs)
        elif name.endswith(".a"):
            up = name.removesuffix(".a") + ".b"
            added = sum(run[up].float() @ run[name].float() for run in runs) / len(runs)
            left, size, right = torch.linalg.svd(added, full_matrices=False)
            root = size[:rank].sqrt()
            mean[up], mean[name] = left[:, :rank] * root, root[:, None] * right[:rank]
    _write(out, mean, runs=str(len(runs)))


def _write(path: Path, learned: dict[str, Any], **said: str) -> None:
    import torch
    from safetensors.torch import save_file

    halves = {name: tensor.detach().to("cpu", torch.float16).contiguous() for name, tensor in learned.items()}
    save_file(halves, path, {"base": "sentence-transformers/all-MiniLM-L6-v2", **said})


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write adapters, or average some that were written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("squad", type=Path, nargs="?", help="train-v1.1.json of SQuAD")
    parser.add_argument("--average", type=Path, nargs="+", help="adapters to average instead of training")
    parser.add_argument(
        "--minutes", type=float, default=8, help="of training; many times more on a processor"
    )
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate of AdamW")
    parser.add_argument("--rank", type=int, default=RANK, help="of the adapters")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--start", type=Path, help="adapters to train on, of the same rank; fresh ones if not given"
    )
    parser.add_argument("--dropout", type=float, default=DROPOUT)
    parser.add_argument("--reworded", type=Path, nargs="+", help="files of questions in other words")
    parser.add_argument("--stories", type=Path, help="news in the format of SQuAD 2.0, read beside the rest")
    parser.add_argument("--questions", type=int, default=QUESTIONS, help="a step")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("reader.safetensors"))
    options = parser.parse_args(arguments)
    if options.average:
        average(options.average, options.out, options.rank)
        return
    if options.squad is None:
        parser.error("name train-v1.1.json of SQuAD, or --average and files")

    def report(step: int, loss: float) -> None:
        sys.stderr.write(f"step {step}: loss {loss:.3f}\n")

    folder = Path(model_path("minilm"))
    try:
        trainee = Trainee(folder, options.rank, options.seed, options.start, options.dropout)
        reworded = read_reworded(*options.reworded) if options.reworded else None
        found = examples(options.squad, reworded, options.seed)
        found += stories(options.stories) if options.stories else []
    except (UsageError, FileNotFoundError) as error:
        parser.error(str(error))
    size, seconds = options.questions, 60 * options.minutes
    steps = train(trainee, found, seconds, options.rate, report, seed=options.seed, size=size)
    trainee.save(options.out, steps)
    sys.stderr.write(f"{options.out}: {steps} steps of {size} questions\n")


if __name__ == "__main__":
    main()
