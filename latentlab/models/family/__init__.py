"""The family of autoencoders: objectives, networks and likelihoods, each in one file.

A file here holds both the words and options of a thing, which the window's form and the command
line show, and its computation. PyTorch is imported inside the functions that compute, so showing a
form or ``--help`` never loads it.
"""
