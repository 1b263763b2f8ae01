"""One training loop for all networks: early stopping, checkpoints, resume, mixed precision, short memory.

Imports torch; import it inside functions of recipes.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from models.domain import Task
from models.errors import Cancelled, UserError
from models.job import Progress
from models.learn.machine import usual
from models.learn.metrics import mean_recall
from models.learn.save import read_tensors, write_tensors
from models.learn.settings import evens

Floats = npt.NDArray[np.float32]
Prepare = Callable[[Tensor, bool], Tensor]
Mix = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
Steps = Generator[Progress, None, None]
#: Seconds between two signs of life inside an epoch.
PULSE = 0.1
#: Inputs up to this size are held in memory, larger ones are gathered from their memory map by batch.
HELD = 4 << 30
CHECKPOINT = "checkpoint.safetensors"


class Inputs(Protocol):
    """An array or a memory map, (n, …), float32."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, index: Any) -> Any: ...


@dataclass(frozen=True)
class Data:
    """What the loop reads: inputs in the order of ``task.train`` and of ``task.val``.

    prepare(batch, training) runs on the device for each batch (scaling of what stays on disk,
    augmentation). mix(batch, targets) joins some rows of a training batch, and their targets, after that.
    """

    train: Inputs
    val: Inputs
    prepare: Prepare | None = None
    mix: Mix | None = None


@dataclass(frozen=True)
class Settings:
    """How to train.

    patience: epochs without a lower validation loss until the loop stops and takes the best
    weights; 0 runs all epochs and takes the last. even_validation: classes count evenly in the
    validation loss, as they do in a balanced training. smoothing: share of the target given to
    all classes. threads: of the CPU, 0 leaves the window one core. checkpoints: share of the
    time that writing checkpoints may cost (1 writes each epoch's; the first is always written).
    half: bfloat16 on a processor too, where it computes with it; on CUDA it always is. before: epochs of an earlier
    stage, whose curve this one goes on with.
    """

    epochs: int = 15
    batch: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    patience: int = 0
    schedule: str = "constant"
    smoothing: float = 0.0
    clip: float = 0.0
    even_validation: bool = True
    threads: int = 0
    checkpoints: float = 0.01
    half: bool = False
    before: int = 0


def settings_of(params: Any, **others: Any) -> Settings:
    """The parameters that recipes of networks share, as the loop takes them; others: fields that are not of them."""
    own = {
        "epochs": params.epochs,
        "batch": params.batch_size,
        "learning_rate": params.learning_rate,
        "weight_decay": params.weight_decay,
        "patience": params.patience,
        "even_validation": evens(params),
    }
    return Settings(**{**own, **others})


@dataclass
class Trained:
    """The network on the CPU with its chosen weights, and how it came about."""

    net: nn.Module
    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    batch: int = 0
    cancelled: bool = False


def train_network(
    make_net: Callable[[], nn.Module], data: Data, task: Task, settings: Settings
) -> Generator[Progress, None, Trained]:
    """Train a network on soft targets (cross entropy with vote shares) and return the best one.

    One Progress an epoch carries the curve's numbers, others in between are signs of life. A
    checkpoint in ``task.work`` lets ``task.resume`` go on with the same result as an
    uninterrupted run. When memory is short the batch is halved, with a log line. `Cancelled`
    thrown in returns the best weights so far, or goes on when no epoch is finished.
    """
    loop = _Loop(make_net, data, task, settings)
    try:
        yield from loop.run()
    except Cancelled:
        if not loop.history:
            raise
        loop.cancelled = True
    return loop.trained()


def forward(
    net: nn.Module,
    inputs: Inputs,
    device: str = "cpu",
    batch: int = 1024,
    prepare: Prepare | None = None,
    half: bool = False,
) -> Floats:
    """Outputs of a network in evaluation mode, (n, d) float32, in batches; bf16 on CUDA, with `half` on a CPU too.

    Halves the batch when memory is short. The same input gives the same output.
    """
    place = torch.device(device)
    net = net.to(place).eval()
    parts: list[Floats] = []
    start, count = 0, int(inputs.shape[0])
    with torch.inference_mode(), _mixed(place, half):
        while start < count:
            try:
                x = _tensor(inputs[start : start + batch]).to(place)
                out = net(prepare(x, False) if prepare else x)
            except RuntimeError as error:
                batch = _halved(error, batch)
            else:
                parts.append(out.float().cpu().numpy())
                start += batch
    return np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)


def use_cores(threads: int = 0) -> None:
    """Let torch compute on this many threads; 0 means as many as is usual, which leaves the window a core."""
    torch.set_num_threads(threads or usual())


class _Loop:
    """The state of one training."""

    def __init__(self, make_net: Callable[[], nn.Module], data: Data, task: Task, settings: Settings) -> None:
        self.task, self.data, self.settings = task, data, settings
        self.device = torch.device(task.device)
        use_cores(settings.threads)
        if self.device.type == "cuda":
            torch.backends.cudnn.deterministic = True
        torch.manual_seed(task.seed)
        self.net = make_net().to(self.device)
        self.optimiser = torch.optim.AdamW(
            self.net.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
        )
        self.criterion = nn.CrossEntropyLoss(reduction="none", label_smoothing=settings.smoothing)
        self.batch = settings.batch
        self.history: list[dict[str, float]] = []
        self.best: dict[str, Tensor] = {}
        self.best_loss, self.best_epoch = math.inf, 0
        self.cancelled = False
        self.spent, self.writing, self.written = 0.0, 0.0, 0.0
        self._place()

    def _place(self) -> None:
        """Bring inputs, targets and weights to where the steps want them."""
        task = self.task
        self.count, self.val_count = len(task.train), len(task.val)
        if self.count == 0:
            raise UserError("there is no labelled sample to train on. Label some, or widen the selection.")
        if len(np.unique(task.targets[task.train].argmax(1))) < 2:
            raise UserError("training needs labelled samples of at least two classes. Label some of another class.")
        self.x, self.val_x = _held(self.data.train, self.device), _held(self.data.val, self.device)
        weights = task.weights[task.train].astype(np.float64)
        weights = weights / max(float(weights.mean()), 1e-12)
        self.y = torch.from_numpy(np.ascontiguousarray(task.targets[task.train], np.float32)).to(self.device)
        self.w = torch.from_numpy(weights.astype(np.float32)).to(self.device)
        self.weighted = bool(np.ptp(weights) > 1e-9)
        self.val_y = np.asarray(task.targets[task.val], np.float64)
        self.guess = torch.zeros(self.count, dtype=torch.int64, device=self.device)

    def run(self) -> Steps:
        first = self._resume() if self.task.resume else 0
        if first:
            yield Progress(first, self.settings.epochs, log=f"Went on after epoch {first}.")
        for epoch in range(first, self.settings.epochs):
            if self._patience_over(epoch):
                yield Progress(epoch, epoch, log=f"Stopped early: epoch {self.best_epoch} was the best.")
                return
            began = time.perf_counter()
            yield from self._epoch(epoch)
            seconds = time.perf_counter() - began
            yield from self._validate(epoch, seconds)
            self.spent += time.perf_counter() - began
            self._save(epoch)
            yield self._report()

    def _patience_over(self, epoch: int) -> bool:
        patience = self.settings.patience
        return bool(patience and self.val_count and epoch - self.best_epoch >= patience)

    def _epoch(self, epoch: int) -> Steps:
        torch.manual_seed(self.task.seed * 100_003 + epoch + 1)
        self.net.train()
        self.loss = torch.zeros((), device=self.device)
        self.order = self._order(epoch)
        start, pulse = 0, -math.inf
        while start < self.count:
            stop = start + self.batch
            stop = self.count if stop >= self.count - 1 else stop  # no batch of one: it has no variance to normalise by
            try:
                self._step(epoch, start, stop)
            except RuntimeError as error:
                self.optimiser.zero_grad(set_to_none=True)
                self.batch = _halved(error, min(self.batch, stop - start))
                yield Progress(text="Halved the batch", log=f"Memory was short; batch is now {self.batch}.")
                continue
            start = stop
            if time.perf_counter() - pulse > PULSE:
                pulse = time.perf_counter()
                yield Progress(epoch, self.settings.epochs, f"Epoch {epoch + 1}: {start} of {self.count}")

    def _order(self, epoch: int) -> Tensor:
        """Positions of the train rows in this epoch's order: a permutation, or draws by probability."""
        rng = np.random.default_rng([self.task.seed, epoch])
        if self.task.draw is None:
            return torch.from_numpy(rng.permutation(self.count)).to(self.x.place)
        edges = np.cumsum(np.asarray(self.task.draw, np.float64))
        drawn = np.searchsorted(edges, rng.random(self.count) * edges[-1], side="right")
        return torch.from_numpy(np.minimum(drawn, self.count - 1)).to(self.x.place)

    def _step(self, epoch: int, start: int, stop: int) -> None:
        index = self.order[start:stop]
        x = self.x.take(index)
        chosen = index if index.device == self.y.device else index.to(self.device)
        y = self.y[chosen]
        with _mixed(self.device, self.settings.half):
            if self.data.prepare:
                x = self.data.prepare(x, True)
            if self.data.mix:
                x, y = self.data.mix(x, y)
            scores = self.net(x)
        losses = self.criterion(scores.float(), y)
        loss = (losses * self.w[chosen]).mean() if self.weighted else losses.mean()
        loss.backward()
        self._schedule(epoch + start / self.count)
        if self.settings.clip:
            nn.utils.clip_grad_norm_(self.net.parameters(), self.settings.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.loss += loss.detach() * (stop - start)
        self.guess[start:stop] = scores.detach().argmax(1)

    def _schedule(self, moment: float) -> None:
        if self.settings.schedule == "cosine":
            share = 0.5 * (1 + math.cos(math.pi * moment / self.settings.epochs))
            for group in self.optimiser.param_groups:
                group["lr"] = self.settings.learning_rate * max(share, 1e-3)

    def _validate(self, epoch: int, seconds: float) -> Steps:
        """Add this epoch to the history and keep its weights when they are the best."""
        values = {"epoch": float(self.settings.before + epoch + 1), "train_loss": float(self.loss) / self.count}
        values["train_balanced_accuracy"] = self._train_recall()
        if self.val_count:
            yield Progress(epoch, self.settings.epochs, f"Epoch {epoch + 1}: validating")
            most = max(self.batch, 512)
            scores = forward(self.net, self.val_x, str(self.device), most, self.data.prepare, self.settings.half)
            values["val_loss"] = soft_loss(scores, self.val_y, self.settings.even_validation)
            values["val_balanced_accuracy"] = mean_recall(self.val_y.argmax(1), scores.argmax(1))
        values["rate"] = self.count / max(seconds, 1e-9)
        values["learning_rate"] = float(self.optimiser.param_groups[0]["lr"])
        values["batch"] = float(self.batch)
        self.history.append(values)
        if not self.val_count or values["val_loss"] < self.best_loss:
            self.best_loss, self.best_epoch = values.get("val_loss", math.inf), epoch + 1
            self.best = {name: value.detach().clone() for name, value in self.net.state_dict().items()}

    def _train_recall(self) -> float:
        index = self.order.to(self.device)
        truth = self.y[index].argmax(1).cpu().numpy()
        return mean_recall(truth, self.guess.cpu().numpy())

    def _report(self) -> Progress:
        done, total = len(self.history), self.settings.epochs
        values = dict(self.history[-1])
        pace = self.spent / max(done - self.resumed, 1)
        values["left"] = pace * (total - done)
        return Progress(done, total, f"Epoch {done} of {total}", values)

    resumed: int = 0

    @property
    def _file(self) -> Path:
        return self.task.work / CHECKPOINT

    def _fingerprint(self) -> str:
        """Tells whether a checkpoint belongs to this very training."""
        task = self.task
        digest = hashlib.sha256(json.dumps(asdict(self.settings), sort_keys=True).encode())
        digest.update(f"{task.seed} {task.classes} {task.params} {[*map(int, self.data.train.shape)]}".encode())
        for part in (task.train, task.val, task.targets[task.train], task.weights[task.train]):
            digest.update(np.ascontiguousarray(part).tobytes())
        if task.draw is not None:
            digest.update(np.ascontiguousarray(task.draw).tobytes())
        digest.update(json.dumps(dict(task.samples.bad_channels), sort_keys=True).encode())
        return digest.hexdigest()

    def _save(self, epoch: int) -> None:
        """Write a checkpoint, unless writing would cost more than its share of the time."""
        if self.written and self.writing > self.settings.checkpoints * self.spent:
            return
        began = time.perf_counter()
        tensors: dict[str, Any] = {f"net.{name}": value for name, value in self.net.state_dict().items()}
        tensors |= {f"best.{name}": value for name, value in self.best.items()}
        for number, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{number}.{name}": value for name, value in state.items()}
        numbers = {"epoch": epoch + 1, "history": self.history, "batch": self.batch}
        numbers |= {"best_loss": _plain(self.best_loss), "best_epoch": self.best_epoch, "of": self._fingerprint()}
        write_tensors(self._file, tensors, numbers)
        self.written = time.perf_counter()
        self.writing += self.written - began

    def _resume(self) -> int:
        """Take up the last checkpoint of this same training; 0 when there is none."""
        if not self._file.exists():
            return 0
        arrays, numbers = read_tensors(self._file)
        if numbers.get("of") != self._fingerprint():
            return 0
        tensors = {name: torch.from_numpy(value) for name, value in arrays.items()}
        self.net.load_state_dict(_part(tensors, "net."))
        self.best = {name: value.to(self.device) for name, value in _part(tensors, "best.").items()}
        self._resume_optimiser(_part(tensors, "optimiser."))
        best_loss = numbers["best_loss"]
        self.best_loss = math.inf if best_loss is None else float(best_loss)
        self.best_epoch, self.batch = int(numbers["best_epoch"]), int(numbers["batch"])
        self.history = list(numbers["history"])
        self.resumed = int(numbers["epoch"])
        return self.resumed

    def _resume_optimiser(self, tensors: Mapping[str, Tensor]) -> None:
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            number, _, key = name.partition(".")
            state.setdefault(int(number), {})[key] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": state, "param_groups": groups})

    def trained(self) -> Trained:
        if self.best and (self.cancelled or (self.settings.patience and self.val_count)):
            self.net.load_state_dict(self.best)
            chosen = self.best_epoch
        else:
            chosen = len(self.history)
        return Trained(self.net.cpu().eval(), self.history, chosen, self.batch, self.cancelled)


def soft_loss(scores: npt.ArrayLike, targets: npt.ArrayLike, even: bool) -> float:
    """Mean cross entropy of class scores (n, k) against vote shares (n, k); `even` weighs classes evenly."""
    values, shares = np.asarray(scores, np.float64), np.asarray(targets, np.float64)
    values = values - values.max(1, keepdims=True)
    logs = values - np.log(np.exp(values).sum(1, keepdims=True))
    losses = -(shares * logs).sum(1)
    return float(np.average(losses, weights=even_weights(shares) if even else None))


def even_weights(targets: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """A weight for each row of the targets (n, k) that gives each present class the same sum; mean 1."""
    codes = np.asarray(targets).argmax(1)
    counts = np.bincount(codes)
    present = int((counts > 0).sum())
    return np.asarray(len(codes) / (max(present, 1) * counts[codes]), np.float64)


class _Held:
    """Inputs as the loop takes them: one tensor in memory (on the device when it fits), or gathered by batch."""

    def __init__(self, inputs: Inputs, device: torch.device) -> None:
        self.inputs, self.device = inputs, device
        self.shape = tuple(int(size) for size in inputs.shape)
        self.tensor: Tensor | None = None
        if 4 * math.prod(self.shape) <= HELD:
            self.tensor = self._settle(_tensor(inputs[:]))
        self.place = self.tensor.device if self.tensor is not None else torch.device("cpu")

    def _settle(self, whole: Tensor) -> Tensor:
        if self.device.type != "cuda":
            return whole
        free = torch.cuda.mem_get_info(self.device)[0]
        return whole.to(self.device) if whole.nbytes < free // 4 else whole.pin_memory()

    def take(self, index: Tensor) -> Tensor:
        if self.tensor is None:
            part = _tensor(self.inputs[index.numpy()])
            return part.pin_memory().to(self.device, non_blocking=True) if self.device.type == "cuda" else part
        part = self.tensor[index]
        return part if part.device == self.device else part.to(self.device, non_blocking=True)

    def __getitem__(self, index: Any) -> Any:
        return self.tensor[index] if self.tensor is not None else self.inputs[index]


def _held(inputs: Inputs, device: torch.device) -> _Held:
    return _Held(inputs, device)


def _tensor(values: Any) -> Tensor:
    if isinstance(values, Tensor):
        return values
    plain = np.asarray(values)
    if not plain.flags.writeable or not plain.flags.c_contiguous or plain.dtype not in (np.float32, np.uint8):
        plain = np.array(plain, np.float32 if plain.dtype != np.uint8 else np.uint8, order="C")
    return torch.from_numpy(plain)


def _mixed(device: torch.device, half: bool = False) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda" or (half and has_half()))


def has_half() -> bool:
    """Whether this processor computes with bfloat16 itself; where it has to be imitated it is slower than float32."""
    known: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(known.get("amx_bf16") or known.get("avx512_bf16"))


def short_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory did not suffice (CUDA's own class, or torch's words on the CPU)."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in words or "can't allocate memory" in words)


def _halved(error: RuntimeError, batch: int) -> int:
    """Half the batch when the error is about memory, else the error goes on."""
    if not short_of_memory(error):
        raise error
    if batch <= 1:
        raise UserError("memory is short even for one sample at a time. Close other programs, or take a smaller model.")
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return batch // 2


def _plain(value: float) -> float | None:
    return None if math.isinf(value) else value


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return cast(
        "dict[str, Tensor]",
        {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)},
    )
