from __future__ import annotations

import torch

from latentlab.models.family.bounded import bounded

X = torch.tensor([-20.0, -5.0, 0.0, 3.0, 20.0], dtype=torch.double)


def test_inside_it_is_the_identity_and_outside_the_limit() -> None:
    x = X.clone().requires_grad_()
    wanted = torch.tensor([-10.0, -5.0, 0.0, 3.0, 4.0], dtype=torch.double)
    for limited in (bounded(x, -10.0, 4.0), bounded(X, -10.0, 4.0)):
        torch.testing.assert_close(limited.detach(), wanted)
    inside = x.detach()[1:4].requires_grad_()
    assert torch.autograd.gradcheck(lambda v: bounded(v, -10.0, 4.0), inside)


def test_a_gradient_beyond_a_limit_leads_back_or_is_nought() -> None:
    x = X.clone().requires_grad_()
    (up,) = torch.autograd.grad(bounded(x, -10.0, 4.0).sum(), x)
    (down,) = torch.autograd.grad(-bounded(x, -10.0, 4.0).sum(), x)
    assert up.tolist() == [0.0, 1.0, 1.0, 1.0, 1.0]  # descent moves down
    assert down.tolist() == [-1.0, -1.0, -1.0, -1.0, 0.0]


def test_what_has_left_the_range_returns() -> None:
    x = torch.tensor([-50.0, 50.0], requires_grad=True)
    optimiser = torch.optim.SGD([x], lr=1.0)
    for _ in range(200):
        optimiser.zero_grad()
        bounded(x, -10.0, 4.0).square().sum().backward()
        optimiser.step()
        optimiser.param_groups[0]["lr"] = 0.3
    assert x.abs().max() < 1e-3


def test_it_is_differentiated_image_by_image() -> None:
    jacobian = torch.func.jacrev(lambda v: bounded(v, -10.0, 4.0))(X)
    assert torch.equal(jacobian.diagonal()[1:4], torch.ones(3).double())
    rows = torch.func.vmap(lambda v: bounded(v, -1.0, 1.0))(X[None].repeat(2, 1))
    assert torch.equal(rows, X.clamp(-1.0, 1.0)[None].repeat(2, 1))
