"""The table of what may differ between acquisitions, what it does to numbers, and sources."""

from __future__ import annotations

from typing import Final, NamedTuple


class Effect(NamedTuple):
    """What a difference of one kind is called, what it does to numbers, and the source of that.

    Attributes
    ----------
    name : str
        What differs: ``"kernel"``.
    text : str
        What it does to numbers, as it follows a colon.
    source : str
        The section of the standard, the guideline or the paper that has it.
    """

    name: str
    text: str
    source: str


_EANM: Final = "R. Boellaard et al., EANM procedure guidelines for tumour imaging version 2.0, EJNMMI 42 (2015) 328"
_SIGNAL: Final = (
    "E. M. Haacke et al., Magnetic Resonance Imaging, Wiley 1999: the signal equations of spin and gradient echo"
)

EFFECTS: Final[dict[str, Effect]] = {
    "compare.modality": Effect(
        "modality",
        "the values are of different quantities, and their difference means nothing",
        "PS3.3 C.7.3.1.1.1",
    ),
    "compare.unit": Effect(
        "unit",
        "the numbers are on different scales, and their difference means nothing",
        "PS3.3 C.11.1.1.2 (Rescale Type), C.8.9.1 (Units)",
    ),
    "compare.scanner": Effect(
        "scanner",
        "each has its own calibration, resolution and noise; a change between them is less certain",
        "QIBA profiles CT Tumor Volume Change and FDG-PET/CT: the same scanner for follow-up",
    ),
    "compare.posture": Effect(
        "posture",
        "organs, fluid and lungs lie otherwise: shapes and distances change without disease",
        "PS3.3 C.7.3.1.1.2 (Patient Position)",
    ),
    "compare.plane": Effect(
        "slice plane",
        "the coarse axis is another one: partial volume blurs other edges",
        "PS3.3 C.7.6.2.1.1",
    ),
    "compare.slice_thickness": Effect(
        "slice thickness",
        "SD of noise grows with the root as slices get thinner; thick ones average small things away",
        "R. A. Brooks, G. Di Chiro, Med Phys 3 (1976) 237",
    ),
    "compare.slice_step": Effect(
        "slice step",
        "volumes and lengths across slices are only as fine as the step",
        "PS3.3 C.7.6.2.1.1; QIBA profile CT Tumor Volume Change",
    ),
    "compare.voxel_size": Effect(
        "voxel size",
        "smaller voxels have more noise and higher maxima; volumes of small things change",
        "M. Soret, S. L. Bacharach, I. Buvat, J Nucl Med 48 (2007) 932",
    ),
    "compare.contrast": Effect(
        "contrast agent",
        "vessels, organs and lesions that take it up change in value; unenhanced tissue hardly does",
        "K. T. Bae, Radiology 256 (2010) 32; PS3.3 C.7.6.4",
    ),
    "compare.kvp": Effect(
        "tube voltage",
        "iodine, calcium and bone have more HU at lower voltage; water stays at 0",
        "C. H. McCollough et al., Radiology 276 (2015) 637",
    ),
    "compare.kernel": Effect(
        "kernel",
        "sharper kernels raise the SD of noise, often two- to threefold; means of large regions stay",
        "K. L. Boedeker et al., Phys Med Biol 52 (2007) 4027 and Radiology 232 (2004) 295",
    ),
    "compare.iterative": Effect(
        "iterative reconstruction",
        "higher levels lower the SD of noise and change its texture; means of large regions stay",
        "M. J. Willemink, P. B. Noel, Eur Radiol 29 (2019) 2185",
    ),
    "compare.tracer": Effect(
        "tracer",
        "the uptake is of another process, and its change means nothing",
        "PS3.3 C.8.9.2",
    ),
    "compare.uptake_time": Effect(
        "uptake time",
        "uptake goes on: FDG in tumours changes by -0.02 to 0.15 SUV a minute",
        "S. Beaulieu et al., J Nucl Med 44 (2003) 1044; 5 minutes apart are allowed by R. Boellaard et al., EANM "
        "procedure guidelines version 1.0, EJNMMI 37 (2010) 181",
    ),
    "compare.reconstruction": Effect(
        "reconstruction",
        "resolution and noise differ: maxima of small lesions change most, means of large regions least",
        _EANM,
    ),
    "compare.iterations": Effect(
        "iterations",
        "more of them raise noise and the maxima of small lesions",
        _EANM,
    ),
    "compare.subsets": Effect(
        "subsets",
        "more of them count as more iterations: noise and the maxima of small lesions rise",
        "H. M. Hudson, R. S. Larkin, IEEE Trans Med Imaging 13 (1994) 601",
    ),
    "compare.time_of_flight": Effect(
        "time of flight",
        "it lowers noise and recovers small lesions earlier: their maxima change",
        "J. S. Karp et al., J Nucl Med 49 (2008) 462",
    ),
    "compare.point_spread": Effect(
        "point spread model",
        "it raises the maxima of small lesions, and overshoots at edges",
        "C. Lasnon et al., EJNMMI 40 (2013) 985",
    ),
    "compare.filter": Effect(
        "filter",
        "a wider one lowers noise and the maxima of small lesions",
        _EANM,
    ),
    "compare.attenuation": Effect(
        "attenuation correction",
        "without it, or by another map, uptake is wrong, most deep in the body",
        "P. E. Kinahan, J. W. Fletcher, Semin Ultrasound CT MR 31 (2010) 496; PS3.3 C.8.9.1",
    ),
    "compare.scatter": Effect(
        "scatter correction",
        "means shift, most in large patients and beside hot organs",
        "H. Zaidi, K. F. Koral, EJNMMI 31 (2004) 761; PS3.3 C.8.9.1",
    ),
    "compare.decay": Effect(
        "decay correction",
        "activity is that of another moment: Bq/ml differ by the decay between, SUV does not",
        "PS3.3 C.8.9.1.1.5",
    ),
    "compare.field_strength": Effect(
        "field strength",
        "T1 is longer and T2* shorter in a higher field: contrast differs, and signals have no common scale",
        "W. D. Rooney et al., Magn Reson Med 57 (2007) 308",
    ),
    "compare.sequence": Effect(
        "sequence",
        "signals have no common scale: only ratios, maps and shapes can be compared",
        "L. G. Nyul, J. K. Udupa, Magn Reson Med 42 (1999) 1072; PS3.3 C.8.3.1",
    ),
    "compare.repetition_time": Effect(
        "repetition time",
        "a shorter one weights by T1 and darkens what recovers slowly",
        _SIGNAL,
    ),
    "compare.echo_time": Effect(
        "echo time",
        "a longer one weights by T2 and darkens what decays fast",
        _SIGNAL,
    ),
    "compare.inversion_time": Effect(
        "inversion time",
        "another tissue is nulled",
        _SIGNAL,
    ),
    "compare.flip_angle": Effect(
        "flip angle",
        "T1 weighting and signal differ",
        _SIGNAL,
    ),
    "compare.b_value": Effect(
        "b-value",
        "the signal falls as exp(-b ADC); ADC of other b-values differs by perfusion and kurtosis",
        "E. O. Stejskal, J. E. Tanner, J Chem Phys 42 (1965) 288; QIBA profile Diffusion-Weighted MRI",
    ),
}
"""Id of the note of each kind of difference to what it is, in the order in which they are told."""
