"""The window and the command line say the same of a model on the same images."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from latentlab.__main__ import main
from latentlab.base.trace import NullTracer
from latentlab.engine.engine import Engine
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import ModelOpened, OpenDataCommand, OpenModelCommand, Result
from latentlab.engine.training_messages import CurvePoint, TrainCommand, TrainStatusChanged
from latentlab.models.family.train_spec import TrainSpec


@pytest.mark.parametrize("objective", ["variational", "tcvae", "denoising", "rae", "sparse-l1"])
@pytest.mark.parametrize("micro_batch", [None, 7])
def test_a_run_in_the_window_is_measured_as_the_command_line_measures_it(
    objective: str,
    micro_batch: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = tmp_path / "noise.npz"
    np.savez(data, x=np.random.default_rng(0).integers(0, 256, (700, 6, 5), np.uint8))
    said: list[Result] = []
    mailbox = Mailbox()
    engine = Engine(mailbox, said.append, NullTracer())
    monkeypatch.setattr(engine._pace, "micro_batch", lambda: micro_batch)
    spec = TrainSpec(
        data=str(data),
        objective=objective,
        hidden=(8,),
        latent_dim=3,
        epochs=1,
        batch_size=120,
        seed=4,
        held_out=0.5,
        beta=3.0,
        k=2,
    )
    mailbox.put_command(OpenDataCommand(str(data)))
    mailbox.put_command(TrainCommand(spec, tmp_path / "run", "window"))
    while engine.turn():
        pass
    opened = [result for result in said if isinstance(result, ModelOpened)][-1]
    curve = [r for r in said if isinstance(r, CurvePoint) and r.split == "held_out"][-1]
    summary = [r.sentence for r in said if isinstance(r, TrainStatusChanged) and r.sentence][-1]

    capsys.readouterr()
    assert main(["evaluate", str(tmp_path / "run"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["num_images"], found["split"]) == (350, "held-out")
    recon = "denoising_loss" if objective == "denoising" else "recon_loss"
    nats = found[recon] + found["kl"]
    assert curve.recon_loss == pytest.approx(found[recon], rel=1e-5), "the training card"
    assert curve.kl == pytest.approx(found["kl"], rel=1e-5)
    assert opened.document.held_out_nats == pytest.approx(nats, rel=1e-5), "the model card"
    np.testing.assert_allclose(opened.document.latent_kl, found["kl_per_dim"], rtol=1e-5)  # sliders
    assert f"Kept epoch 1: {nats:.1f} nats" in summary


def test_the_bundled_model_says_what_evaluate_prints(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[Result] = []
    mailbox = Mailbox()
    engine = Engine(mailbox, said.append, NullTracer())
    for name, recon in (("digits-vae", "recon_loss"), ("digits-denoiser", "denoising_loss")):
        mailbox.put_command(OpenModelCommand(name))
        before = len(said)
        while not any(isinstance(result, ModelOpened) for result in said[before:]):
            engine.turn()
        opened = next(result for result in said[before:] if isinstance(result, ModelOpened))
        capsys.readouterr()
        assert main(["evaluate", name, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["num_images"] == 1000
        nats = found[recon] + found["kl"]
        assert opened.document.held_out_nats == pytest.approx(nats, abs=0.005)
        assert opened.document.metrics["kl"] == pytest.approx(found["kl"], abs=0.005)
        assert sum(opened.document.latent_kl) == pytest.approx(found["kl"], abs=0.005)
