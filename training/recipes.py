"""Named recipes: settings that replace the defaults of `checkpoint.Recipe`, and that the command line may override."""

from __future__ import annotations

from typing import Any

RECIPES: dict[str, dict[str, Any]] = {
    "ferrite": {},
    "paper": {
        "optimizer": "adamw",
        "schedule": "steps",
        "rate": 0.03,
        "localisation_rate": 1.0,
        "weight_decay": 0.01,
        "weight_deviation": 0.05,
        "warm_up": 0.0,
        "label_smoothing": 0.0,
        "oversampling": 1.0,
        "mixing": 0.0,
        "augment": "light",
        "final_augment": 1.0,
        "dropout": 0.0,
        "feature_dropout": 0.0,
        "hidden_penalty": 0.001,
        "classifier_penalty": 0.01,
    },
}
"""`ferrite` is the recipe of the published networks. `paper` is the SDL network's as published: AdamW from 0.03, times 0.9
every 10 epochs, weights from N(0, 0.05), penalties on the fully connected layers, mirroring with small rotations and
distortions, and over-sampling of small classes, here within the training split alone. What the publication leaves open, AdamW's
decay and the batch, is torch's and Ferrite's default."""
