"""Networks by name: to add one, write its file here and name it below."""

from __future__ import annotations

from latentlab.models.family.network import Network
from latentlab.models.family.networks.conv import Conv
from latentlab.models.family.networks.lstm import Lstm
from latentlab.models.family.networks.mlp import Mlp
from latentlab.models.family.networks.resnet import ResNet

NETWORKS: dict[str, Network] = {n.name: n for n in (Mlp(), Conv(), ResNet(), Lstm())}
