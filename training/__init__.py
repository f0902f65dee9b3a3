"""The PyTorch recipe of the SDL network: data, training, evaluation, ONNX export."""
