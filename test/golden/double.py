"""Float64 through and through, for modules of transformers that round to float32 inside (norms, softmax, angles, routers)."""
import torch
from torch.overrides import TorchFunctionMode


class Double(TorchFunctionMode):
    """Every float32 that is asked for is a float64, and none comes out."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        wide = lambda x: torch.float64 if x is torch.float32 else x
        func = torch.Tensor.double if func is torch.Tensor.float else func
        result = func(*map(wide, args), **{key: wide(value) for key, value in (kwargs or {}).items()})
        assert not (isinstance(result, torch.Tensor) and result.dtype is torch.float32), func
        return result
