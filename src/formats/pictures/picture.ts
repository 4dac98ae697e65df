/** A picture as every reader gives it and every preparation takes it. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of every pixel, row by row: [height, width, 3]. What was transparent lies over white. */
  readonly rgb: Uint8Array<ArrayBuffer>;
}

/** Values of a pixel. */
export const channels = 3;
