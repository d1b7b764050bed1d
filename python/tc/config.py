"""Settings of the Python side; `torch.compile(..., options={...})` overrides them for one call."""

import dataclasses


@dataclasses.dataclass
class Config:
    #: "auto": the device that a graph's tensors are on; a CPU: "host", "avx512bf16", "avx512", "avx2", "baseline"; a GPU: "cuda",
    #: "sm_80", "sm_90a", "sm_120", of device 0 unless its number follows, as in "cuda:1"
    target: str = "auto"
    #: run a graph that tc cannot compile in eager mode, with a warning, instead of raising
    fallback: bool = False
    #: check what each stage guarantees (slow; for people who work on tc)
    verify_contracts: bool = False

    def updated(self, options):
        known = {field.name for field in dataclasses.fields(self)}
        unknown = sorted(set(options) - known)
        if unknown:
            raise ValueError(f"unknown tc options {unknown}, expected some of {sorted(known)}")
        return dataclasses.replace(self, **options)


config = Config()
