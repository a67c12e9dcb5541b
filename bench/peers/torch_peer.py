#!/usr/bin/env python3
"""PyTorch as a peer of focl-bench: times loss and gradient, and compares both with focl's.

    torch_peer.py REQUEST.json

focl-bench --torch writes the request and runs this; it can be run by hand, too. Needs PyTorch 2 and NumPy;
torch.compile on the CPU needs a C++ compiler besides. The request:

    {"quick": false, "cases": [{"group": "dense", "logits": "0_logits.npy", "targets": "0_targets.npy",
      "gradient": "0_gradient.npy", "loss": 0.25, "softmax": false, "dense": true, "target_only": false,
      "gamma": 2, "alpha": null, "reduction": "mean"}]}

Files are beside the request: logits and gradient are N x C x inner, targets the same (dense) or N x inner (labels;
in the sigmoid family a label of C is background). For each case and each way (eager, compiled; on the CPU and on
CUDA where that is) one JSON object on a line: case (its number), group, name, seconds (median, p10, p90),
loss_difference (relative), gradient_difference (the largest, relative to the largest gradient); or case, group,
name and error.

The formulas are those of textbooks, in PyTorch's own operations, as one finds them in training code: one-hot targets
are made from labels each time, and labels are int64 already. Threads are as many as there are cores to run on.
"""

import json
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F


# ---- The losses: of each element or row, before the reduction ----


def sigmoid_focal(logits, targets, gamma, alpha):
    """Lin et al., 2017, as torchvision.ops.sigmoid_focal_loss has it."""
    loss = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    if gamma != 0:
        p = torch.sigmoid(logits)
        p_t = p * targets + (1 - p) * (1 - targets)
        loss = loss * (1 - p_t) ** gamma
    if alpha is not None:
        loss = (alpha * targets + (1 - alpha) * (1 - targets)) * loss
    return loss


def sigmoid_focal_labels(logits, labels, gamma, alpha):
    classes = logits.shape[1]
    one_hot = F.one_hot(labels, classes + 1)[..., :classes].movedim(-1, 1)
    return sigmoid_focal(logits, one_hot.to(logits.dtype), gamma, alpha)


def sigmoid_focal_target_only(logits, labels, gamma, alpha):
    own = logits.gather(1, labels.unsqueeze(1))
    return sigmoid_focal(own, torch.ones_like(own), gamma, alpha)


def softmax_focal(logits, labels, gamma, alpha):
    loss = F.cross_entropy(logits, labels, reduction="none")
    if gamma != 0:
        loss = (1 - torch.exp(-loss)) ** gamma * loss
    return loss if alpha is None else alpha * loss


def loss_of(case):
    if case["softmax"]:
        return softmax_focal
    if case["dense"]:
        return sigmoid_focal
    return sigmoid_focal_target_only if case["target_only"] else sigmoid_focal_labels


def positives(case, logits, targets):
    """What positive-mean divides by: elements with t = 1, rows in the softmax family."""
    if case["dense"]:
        count = (targets == 1).sum()
    else:
        count = (targets < logits.shape[1]).sum()
    return max(1, int(count))


def reduced_loss(case, logits, targets):
    """The whole loss as a function of logits and targets, ready to be compiled."""
    loss, gamma, alpha = loss_of(case), case["gamma"], case["alpha"]
    gamma = int(gamma) if gamma == int(gamma) else gamma
    reduction = case["reduction"]
    if case["softmax"] and gamma == 0 and alpha is None and reduction in ("mean", "sum"):
        return lambda x, t: F.cross_entropy(x, t, reduction=reduction)
    if reduction == "mean":
        return lambda x, t: loss(x, t, gamma, alpha).mean()
    divisor = positives(case, logits, targets) if reduction == "positive-mean" else 1
    return lambda x, t: loss(x, t, gamma, alpha).sum() / divisor


# ---- Timing ----


def synchronize(device):
    if device == "cuda":
        torch.cuda.synchronize()


def time_step(step, device):
    synchronize(device)
    start = time.perf_counter()
    step()
    synchronize(device)
    return time.perf_counter() - start


def measure(step, device, quick):
    """Seconds of a call: several rounds, and more while they are short."""
    rounds, enough = (3, 0.2) if quick else (10, 2.0)
    for _ in range(1 if quick else 3):
        step()
    times = []
    while len(times) < rounds or (sum(times) < enough and len(times) < 100):
        times.append(time_step(step, device))
    times.sort()
    return {name: times[round(part * (len(times) - 1))] for name, part in (("median", 0.5), ("p10", 0.1), ("p90", 0.9))}


# ---- One case ----


def relative(difference, size):
    return difference / size if size > 0 else difference


def compare(case, expected_gradient, loss, gradient):
    expected = torch.from_numpy(expected_gradient)
    found = gradient.detach().cpu()
    return {
        "loss_difference": relative(abs(loss.item() - case["loss"]), abs(case["loss"])),
        "gradient_difference": relative((found - expected).abs().max().item(), expected.abs().max().item()),
    }


def run_case(case, folder, device, compiled, quick):
    def load(name):
        return np.load(os.path.join(folder, case[name]))

    logits = torch.from_numpy(load("logits")).to(device).requires_grad_()
    targets = torch.from_numpy(load("targets")).to(device)
    if not case["dense"]:
        targets = targets.long()
    function = reduced_loss(case, logits, targets)
    if compiled:
        torch._dynamo.reset()
        function = torch.compile(function)

    def step():
        loss = function(logits, targets)
        return loss, torch.autograd.grad(loss, logits)[0]

    answer = compare(case, load("gradient"), *step())
    answer["seconds"] = measure(step, device, quick)
    return answer


def one_line(error):
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:200]


def main():
    if len(sys.argv) != 2:
        sys.exit("torch_peer.py: one argument: the request")
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    folder = os.path.dirname(os.path.abspath(sys.argv[1]))
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    devices = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])
    for number, case in enumerate(request["cases"]):
        for device in devices:
            for way in ("eager", "compile"):
                name = f"torch-{way}" + ("" if device == "cpu" else "-cuda")
                answer = {"case": number, "group": case["group"], "name": name}
                try:
                    answer.update(run_case(case, folder, device, way == "compile", request["quick"]))
                except Exception as error:  # out of memory, no compiler: the next way may do
                    answer["error"] = one_line(error)
                print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
