/** WebAssembly's value types. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** Letters that stand for value types in signatures. */
export interface Letters {
  i: 'i32';
  l: 'i64';
  f: 'f32';
  d: 'f64';
  v: 'v128';
}

/** The binary format's codes of value types. */
export const typeCodes: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** Added to the number of a vector instruction, which is written behind the prefix 0xfd. */
export const vector = 0x1000;

/** Instructions without immediates: code, operands, result (WebAssembly Core Specification 2.0, "Binary Format"). */
export const operations = {
  'i32.eqz': [0x45, 'i', 'i'],
  'i32.eq': [0x46, 'ii', 'i'],
  'i32.ne': [0x47, 'ii', 'i'],
  'i32.lt_s': [0x48, 'ii', 'i'],
  'i32.lt_u': [0x49, 'ii', 'i'],
  'i32.gt_s': [0x4a, 'ii', 'i'],
  'i32.gt_u': [0x4b, 'ii', 'i'],
  'i32.le_s': [0x4c, 'ii', 'i'],
  'i32.le_u': [0x4d, 'ii', 'i'],
  'i32.ge_s': [0x4e, 'ii', 'i'],
  'i32.ge_u': [0x4f, 'ii', 'i'],
  'f32.eq': [0x5b, 'ff', 'i'],
  'f32.lt': [0x5d, 'ff', 'i'],
  'f32.gt': [0x5e, 'ff', 'i'],
  'f64.eq': [0x61, 'dd', 'i'],
  'f64.lt': [0x63, 'dd', 'i'],
  'f64.gt': [0x64, 'dd', 'i'],
  'i32.add': [0x6a, 'ii', 'i'],
  'i32.sub': [0x6b, 'ii', 'i'],
  'i32.mul': [0x6c, 'ii', 'i'],
  'i32.div_u': [0x6e, 'ii', 'i'],
  'i32.rem_u': [0x70, 'ii', 'i'],
  'i32.and': [0x71, 'ii', 'i'],
  'i32.or': [0x72, 'ii', 'i'],
  'i32.xor': [0x73, 'ii', 'i'],
  'i32.shl': [0x74, 'ii', 'i'],
  'i32.shr_s': [0x75, 'ii', 'i'],
  'i32.shr_u': [0x76, 'ii', 'i'],
  'f32.abs': [0x8b, 'f', 'f'],
  'f32.neg': [0x8c, 'f', 'f'],
  'f32.sqrt': [0x91, 'f', 'f'],
  'f32.add': [0x92, 'ff', 'f'],
  'f32.sub': [0x93, 'ff', 'f'],
  'f32.mul': [0x94, 'ff', 'f'],
  'f32.div': [0x95, 'ff', 'f'],
  'f32.min': [0x96, 'ff', 'f'],
  'f32.max': [0x97, 'ff', 'f'],
  'f64.abs': [0x99, 'd', 'd'],
  'f64.neg': [0x9a, 'd', 'd'],
  'f64.sqrt': [0x9f, 'd', 'd'],
  'f64.add': [0xa0, 'dd', 'd'],
  'f64.sub': [0xa1, 'dd', 'd'],
  'f64.mul': [0xa2, 'dd', 'd'],
  'f64.div': [0xa3, 'dd', 'd'],
  'f64.min': [0xa4, 'dd', 'd'],
  'f64.max': [0xa5, 'dd', 'd'],
  'f32.convert_i32_s': [0xb2, 'i', 'f'],
  'f32.demote_f64': [0xb6, 'd', 'f'],
  'f64.convert_i32_s': [0xb7, 'i', 'd'],
  'f64.promote_f32': [0xbb, 'f', 'd'],
  'i32.reinterpret_f32': [0xbc, 'f', 'i'],
  'f32.reinterpret_i32': [0xbe, 'i', 'f'],

  'i8x16.swizzle': [0x100e, 'vv', 'v'],
  'i32x4.splat': [0x1011, 'i', 'v'],
  'f32x4.splat': [0x1013, 'f', 'v'],
  'f64x2.splat': [0x1014, 'd', 'v'],
  'i32x4.eq': [0x1037, 'vv', 'v'],
  'i32x4.ne': [0x1038, 'vv', 'v'],
  'i32x4.lt_s': [0x1039, 'vv', 'v'],
  'i32x4.gt_s': [0x103b, 'vv', 'v'],
  'i32x4.le_s': [0x103d, 'vv', 'v'],
  'i32x4.ge_s': [0x103f, 'vv', 'v'],
  'f32x4.eq': [0x1041, 'vv', 'v'],
  'f32x4.ne': [0x1042, 'vv', 'v'],
  'f32x4.lt': [0x1043, 'vv', 'v'],
  'f32x4.gt': [0x1044, 'vv', 'v'],
  'f32x4.le': [0x1045, 'vv', 'v'],
  'f32x4.ge': [0x1046, 'vv', 'v'],
  'f64x2.eq': [0x1047, 'vv', 'v'],
  'f64x2.ne': [0x1048, 'vv', 'v'],
  'f64x2.lt': [0x1049, 'vv', 'v'],
  'f64x2.gt': [0x104a, 'vv', 'v'],
  'f64x2.le': [0x104b, 'vv', 'v'],
  'f64x2.ge': [0x104c, 'vv', 'v'],
  'v128.not': [0x104d, 'v', 'v'],
  'v128.and': [0x104e, 'vv', 'v'],
  'v128.andnot': [0x104f, 'vv', 'v'],
  'v128.or': [0x1050, 'vv', 'v'],
  'v128.xor': [0x1051, 'vv', 'v'],
  'v128.bitselect': [0x1052, 'vvv', 'v'],
  'v128.any_true': [0x1053, 'v', 'i'],
  'f32x4.demote_f64x2_zero': [0x105e, 'v', 'v'],
  'f64x2.promote_low_f32x4': [0x105f, 'v', 'v'],
  'f32x4.ceil': [0x1067, 'v', 'v'],
  'f32x4.floor': [0x1068, 'v', 'v'],
  'f32x4.trunc': [0x1069, 'v', 'v'],
  'f32x4.nearest': [0x106a, 'v', 'v'],
  'f64x2.ceil': [0x1074, 'v', 'v'],
  'f64x2.floor': [0x1075, 'v', 'v'],
  'f64x2.trunc': [0x107a, 'v', 'v'],
  'f64x2.nearest': [0x1094, 'v', 'v'],
  'i32x4.abs': [0x10a0, 'v', 'v'],
  'i32x4.neg': [0x10a1, 'v', 'v'],
  'i32x4.all_true': [0x10a3, 'v', 'i'],
  'i32x4.bitmask': [0x10a4, 'v', 'i'],
  'i32x4.shl': [0x10ab, 'vi', 'v'],
  'i32x4.shr_s': [0x10ac, 'vi', 'v'],
  'i32x4.shr_u': [0x10ad, 'vi', 'v'],
  'i32x4.add': [0x10ae, 'vv', 'v'],
  'i32x4.sub': [0x10b1, 'vv', 'v'],
  'i32x4.mul': [0x10b5, 'vv', 'v'],
  'i32x4.min_s': [0x10b6, 'vv', 'v'],
  'i32x4.max_s': [0x10b8, 'vv', 'v'],
  'i64x2.shl': [0x10cb, 'vi', 'v'],
  'i64x2.shr_u': [0x10cd, 'vi', 'v'],
  'i64x2.add': [0x10ce, 'vv', 'v'],
  'i64x2.sub': [0x10d1, 'vv', 'v'],
  'f32x4.abs': [0x10e0, 'v', 'v'],
  'f32x4.neg': [0x10e1, 'v', 'v'],
  'f32x4.sqrt': [0x10e3, 'v', 'v'],
  'f32x4.add': [0x10e4, 'vv', 'v'],
  'f32x4.sub': [0x10e5, 'vv', 'v'],
  'f32x4.mul': [0x10e6, 'vv', 'v'],
  'f32x4.div': [0x10e7, 'vv', 'v'],
  'f32x4.min': [0x10e8, 'vv', 'v'],
  'f32x4.max': [0x10e9, 'vv', 'v'],
  'f32x4.pmin': [0x10ea, 'vv', 'v'],
  'f32x4.pmax': [0x10eb, 'vv', 'v'],
  'f64x2.abs': [0x10ec, 'v', 'v'],
  'f64x2.neg': [0x10ed, 'v', 'v'],
  'f64x2.sqrt': [0x10ef, 'v', 'v'],
  'f64x2.add': [0x10f0, 'vv', 'v'],
  'f64x2.sub': [0x10f1, 'vv', 'v'],
  'f64x2.mul': [0x10f2, 'vv', 'v'],
  'f64x2.div': [0x10f3, 'vv', 'v'],
  'f64x2.min': [0x10f4, 'vv', 'v'],
  'f64x2.max': [0x10f5, 'vv', 'v'],
  'f64x2.pmin': [0x10f6, 'vv', 'v'],
  'f64x2.pmax': [0x10f7, 'vv', 'v'],
  'i32x4.trunc_sat_f32x4_s': [0x10f8, 'v', 'v'],
  'f32x4.convert_i32x4_s': [0x10fa, 'v', 'v'],
  'i32x4.trunc_sat_f64x2_s_zero': [0x10fc, 'v', 'v'],
  'f64x2.convert_low_i32x4_s': [0x10fe, 'v', 'v'],
} as const;

/** Loads: code, result, and the natural alignment as a power of two. */
export const loads = {
  'i32.load': [0x28, 'i', 2],
  'f32.load': [0x2a, 'f', 2],
  'f64.load': [0x2b, 'd', 3],
  'i32.load8_u': [0x2d, 'i', 0],
  'v128.load': [0x1000, 'v', 4],
  'v128.load32_splat': [0x1009, 'v', 2],
  'v128.load64_splat': [0x100a, 'v', 3],
  'v128.load32_zero': [0x105c, 'v', 2],
  'v128.load64_zero': [0x105d, 'v', 3],
} as const;

/** Stores: code, what is stored, and the natural alignment as a power of two. */
export const stores = {
  'i32.store': [0x36, 'i', 2],
  'f32.store': [0x38, 'f', 2],
  'f64.store': [0x39, 'd', 3],
  'v128.store': [0x100b, 'v', 4],
} as const;

/** Lanes taken out of a vector: code and result. */
export const lanes = {
  'i32x4.extract_lane': [0x101b, 'i'],
  'f32x4.extract_lane': [0x101f, 'f'],
  'f64x2.extract_lane': [0x1021, 'd'],
} as const;

/** Stores of one lane: code, and the natural alignment as a power of two. */
export const laneStores = {
  'v128.store32_lane': [0x105a, 2],
  'v128.store64_lane': [0x105b, 3],
} as const;
