"""Widgets. They render stores and call controllers; they never import torch, nn or data."""
