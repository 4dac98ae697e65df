// Q2_K: ŵ = d s c − dmin m, 16 sub-blocks of 16 columns.
// With lib/half.wgsl, lib/scale_search.wgsl, lib/affine_search.wgsl and lib/nested_affine.wgsl.
const SUB: u32 = 16;
const SETS: u32 = 17;
