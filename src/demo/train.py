#!/usr/bin/env python3
"""Trains one model of the zoo and writes three levels of training.

usage: train.py STRUCTURE TOKENIZERDIR DATADIR OUTDIR [--tokens N] [--resume]      STRUCTURE: see models/__init__.py

The schedule counts tokens, so that a run can be repeated: the learning rate warms up over 200 steps, stays, and decays linearly
to zero over the last part. The earlier levels are branches: the weights and the optimizer are set aside, the rate decays, the
level is written, and training goes on from what was set aside; the stream of texts goes on all the while. A level is a folder in
Hugging Face layout. OUTDIR/log.json tells the course of the training. Every five minutes, and when the process is asked to end,
the whole state goes to OUTDIR/state.pt; --resume goes on from it step by step as if nothing had happened.
"""
import argparse, copy, json, os, signal, time
import torch
import torch.nn as nn
import layout
from batches import TASKS
from models import STRUCTURES


def fast_bf16():
    """Whether this processor multiplies bf16 matrices faster than f32 ones; without instructions for it, it is many times slower."""
    def seconds(kind):
        a, b = torch.ones(4096, 128, dtype=kind), torch.ones(128, 256, dtype=kind); a @ b; t = time.process_time()
        for _ in range(5): a @ b
        return time.process_time() - t
    return seconds(torch.bfloat16) < seconds(torch.float32)


class Run:
    """A training that can be set aside as one dict and taken up again."""

    def __init__(self, a):
        torch.manual_seed(a.seed); structure = STRUCTURES[a.structure]
        self.a, self.model = a, structure(); self.total = int(a.tokens or structure.TOKENS); self.rate = a.lr or structure.RATE
        self.task = TASKS[getattr(structure, "TASK", "stories")](a.data, a.tokenizer, self.model.c["context"], a.batch)
        mats = self.model.decayed(); known = {id(x) for x in mats}; rest = [x for x in self.model.parameters() if id(x) not in known]
        self.opt = torch.optim.AdamW([{"params": mats, "weight_decay": a.wd}, {"params": rest, "weight_decay": 0.0}], lr=self.rate, betas=(.9, .95), fused=True)
        self.used, self.steps, self.branch, self.levels, self.seconds = 0, 0, None, [int(x) for x in a.levels.split(",") if x], 0.0
        self.since = {"steps": 0, "train": 0.0, "load": 0}  # sums since the last entry of the log
        self.log = {"structure": a.structure, "shape": self.model.c, "parameters": sum(x.numel() for x in self.model.parameters()), "seed": a.seed, "tokens": self.total, "peak rate": self.rate,
                    "batch": a.batch, "weight decay": a.wd, "decay": a.decay, "starts": [], "course": [], "levels": []}

    def state(self):
        return {"model": self.model.state_dict(), "opt": self.opt.state_dict(), "place": self.task.place, "used": self.used, "steps": self.steps, "branch": self.branch, "levels": self.levels,
                "seconds": self.seconds, "since": self.since, "log": self.log, "rng": torch.get_rng_state()}

    def take(self, s):
        kept = {k: s["log"][k] for k in ("structure", "shape", "seed", "tokens", "peak rate", "batch", "weight decay", "decay")}; asked = {k: self.log[k] for k in kept}
        if kept != asked: raise SystemExit(f"The state to go on from was made with {kept}, asked for is {asked}.")
        self.model.load_state_dict(s["model"]); self.opt.load_state_dict(s["opt"]); self.task.seek(s["place"]); torch.set_rng_state(s["rng"])
        self.used, self.steps, self.branch, self.levels, self.seconds, self.since, self.log = (s[k] for k in ("used", "steps", "branch", "levels", "seconds", "since", "log"))

    def goal(self):
        """The level that is trained now: its name and its number of tokens."""
        return (self.levels[0], self.levels[0] / 100 * self.total) if self.branch else (100, self.total)

    def schedule(self):
        """The learning rate of the next step, a factor of the peak."""
        end = self.goal()[1]
        return min(1, (self.steps + 1) / 200, max(0, (end - self.used) / (end * self.a.decay)))

    def step(self):
        if self.branch is None and self.levels and self.used >= self.levels[0] / 100 * self.total * (1 - self.a.decay):
            self.branch = copy.deepcopy({"model": self.model.state_dict(), "opt": self.opt.state_dict(), "used": self.used, "steps": self.steps})
        for g in self.opt.param_groups: g["lr"] = self.rate * self.schedule()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.a.bf16): loss, n = self.task.loss(self.model, self.task.next())
        (loss + (self.model.extra() if hasattr(self.model, "extra") else 0)).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0); self.opt.step(); self.opt.zero_grad(set_to_none=True)
        self.used += n; self.steps += 1; self.since["steps"] += 1; self.since["train"] += loss.item()
        if hasattr(self.model, "load"): self.since["load"] = self.since["load"] + self.model.load()

    def tell(self):
        """An entry of the log: the mean loss since the last one, the loss on texts that are held out, and how many tokens every expert got."""
        x = {"tokens": self.used, "rate": self.rate * self.schedule(), "train": round(self.since["train"] / self.since["steps"], 4), **{k: round(v, 4) for k, v in self.task.validate(self.model).items()}, "CPU seconds": round(self.seconds)}
        if self.branch: x["branch"] = self.levels[0]
        if torch.is_tensor(self.since["load"]): x["tokens per expert"] = self.since["load"].tolist()
        self.log["course"].append(x); print(json.dumps(x), flush=True); self.since = {"steps": 0, "train": 0.0, "load": 0}

    def finish_level(self):
        """Writes the level whose tokens have been seen; true when it was the last."""
        name, end = self.goal()
        if self.used < end: return False
        layout.write(os.path.join(self.a.out, f"level-{name}"), self.model.tensors(), self.model.config(), self.a.tokenizer)
        torch.save(self.model.state_dict(), os.path.join(self.a.out, f"level-{name}.pt"))
        self.log["levels"].append({"level": f"level-{name}", "tokens": self.used, "CPU seconds": round(self.seconds), **self.task.validate(self.model)}); print(json.dumps(self.log["levels"][-1]), flush=True)
        if not self.branch: return True
        self.model.load_state_dict(self.branch["model"]); self.opt.load_state_dict(self.branch["opt"]); self.used, self.steps, self.branch = self.branch["used"], self.branch["steps"], None; self.levels.pop(0)
        return False


def main():
    p = argparse.ArgumentParser(); p.add_argument("structure", choices=STRUCTURES); p.add_argument("tokenizer"); p.add_argument("data"); p.add_argument("out"); p.add_argument("--tokens", type=float)
    p.add_argument("--batch", type=int, help="windows of stories, or pictures, in a step"); p.add_argument("--lr", type=float); p.add_argument("--wd", type=float, default=.03); p.add_argument("--decay", type=float, default=.15); p.add_argument("--threads", type=int, default=1)
    p.add_argument("--levels", default="7,30"); p.add_argument("--seed", type=int, default=1); p.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    p.add_argument("--every", type=int, default=60, help="steps between two entries of the log"); p.add_argument("--steps", type=int, help="stop after so many steps, for a trial"); p.add_argument("--resume", action="store_true"); a = p.parse_args()
    torch.set_num_threads(a.threads); os.makedirs(a.out, exist_ok=True); state = os.path.join(a.out, "state.pt")
    if os.path.exists(state) and not a.resume: raise SystemExit(f"{state} exists: go on with --resume, or remove it.")
    a.batch = a.batch or getattr(STRUCTURES[a.structure], "BATCH", 32); a.bf16 = fast_bf16() if a.precision == "auto" else a.precision == "bfloat16"
    run = Run(a); print("parameters", run.log["parameters"], "bf16 products" if a.bf16 else "f32 products", flush=True)
    if a.resume and os.path.exists(state): run.take(torch.load(state, weights_only=False))
    elif hasattr(run.task, "prepare"): run.log["prepared"] = run.task.prepare(run.model); print(json.dumps(run.log["prepared"]), flush=True)
    run.log["starts"].append({"tokens": run.used, "products": "bfloat16" if a.bf16 else "float32", "torch": torch.__version__})
    asked = []; signal.signal(signal.SIGTERM, lambda *_: asked.append(1)); signal.signal(signal.SIGINT, lambda *_: asked.append(1))
    before, kept, first = run.seconds - time.process_time(), time.time(), run.steps
    done = run.log["levels"][-1:] and run.log["levels"][-1]["level"] == "level-100"

    def keep():
        run.seconds = before + time.process_time(); torch.save(run.state(), state + ".part"); os.replace(state + ".part", state)
        with open(os.path.join(a.out, "log.json"), "w") as h: json.dump(run.log, h, indent=1)

    while not done and not asked and (a.steps is None or run.steps < first + a.steps):
        run.step(); run.seconds = before + time.process_time()
        if run.steps % a.every == 0: run.tell()
        done = run.finish_level()
        if done or time.time() - kept > 300: keep(); kept = time.time()
    keep()


if __name__ == "__main__": main()
