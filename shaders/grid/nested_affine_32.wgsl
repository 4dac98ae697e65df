// Q4_K and Q5_K: ŵ = d s c − dmin m, 8 sub-blocks of 32 columns.
// With lib/half.wgsl, lib/scale_search.wgsl, lib/affine_search.wgsl and lib/nested_affine.wgsl.
const SUB: u32 = 32;
const SETS: u32 = 9;
