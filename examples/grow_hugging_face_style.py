# SPDX-FileCopyrightText: 2026 Vynapse contributors
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A model that is called as those of Hugging Face are, growing in a plain loop."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

import vynapse


@dataclass
class Output:
    """What the model answers."""

    logits: Tensor
    loss: Tensor | None = None


class Classifier(nn.Module):
    """Tokens of several lengths -> one of two classes."""

    def __init__(self, vocabulary: int = 12, width: int = 16, layers: int = 2) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU())
            for _ in range(layers)
        )
        self.classify = nn.Linear(width, 2)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor | None = None
    ) -> Output:
        hidden = self.embed(input_ids)
        for block in self.blocks:
            hidden = hidden + block(hidden)
        mask = attention_mask.unsqueeze(-1)
        logits = self.classify((hidden * mask).sum(1) / mask.sum(1))
        if labels is None:
            return Output(logits)
        return Output(logits, nn.functional.cross_entropy(logits, labels))


def batch(count: int, seed: int) -> dict[str, Tensor]:
    """Whether the token 3 stands right behind the token 7 somewhere."""
    generator = torch.Generator().manual_seed(seed)
    length = int(torch.randint(6, 10, (), generator=generator))
    tokens = torch.randint(0, 12, (count, length), generator=generator)
    place = torch.randint(0, length - 1, (count // 2,), generator=generator)
    rows = torch.arange(count // 2)
    tokens[rows, place], tokens[rows, place + 1] = 7, 3
    labels = ((tokens[:, :-1] == 7) & (tokens[:, 1:] == 3)).any(1).long()
    return {"input_ids": tokens, "attention_mask": torch.ones(count, length), "labels": labels}


def main() -> None:
    torch.manual_seed(0)
    model = Classifier()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    held_out = [batch(64, seed) for seed in range(10_000, 10_008)]

    def losses() -> Tensor:
        found = []
        for inputs in held_out:
            logits = model(inputs["input_ids"], inputs["attention_mask"]).logits
            found.append(nn.functional.cross_entropy(logits, inputs["labels"], reduction="none"))
        return torch.cat(found)

    before = sum(p.numel() for p in model.parameters())
    schedule = {"kind": "fixed", "begin": 2, "every": 3}
    with vynapse.grow(
        model, optimizer, example_inputs=batch(4, 0), slots=["blocks.0", "blocks.1"],
        blueprints=["attention", "mlp"], controller=schedule, epochs=12,
    ) as grower:  # fmt: skip
        for step in range(12 * 40):
            model.train()
            loss = model(**batch(32, step)).loss
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            grower.after_step(loss)
            if (step + 1) % 40 == 0:
                grower.after_epoch(losses)

    print(grower.story())
    model.eval()
    inputs = batch(400, 20_000)
    accuracy = (model(**inputs).logits.argmax(1) == inputs["labels"]).float().mean()
    after = sum(p.numel() for p in model.parameters())
    print(f"{before:,} -> {after:,} parameters, accuracy {accuracy:.3f}")
    assert accuracy > 0.92  # without growth: 0.89


if __name__ == "__main__":
    main()
