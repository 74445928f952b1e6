// What is done to a photo before a network sees it, as its card says.

/** Pixels to network input: channel order, then `(x - mean) / std` per channel, on 0..255. */
export interface Preprocessing {
  readonly channelOrder: 'RGB' | 'BGR';
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** How a photo becomes a rectangle of the input shape. */
export interface ResizeRule {
  /**
   * `stretch`: whole photo, aspect ratio lost. `crop`: centre crop of `cropFraction` of the short side.
   * `pad`: whole photo, black bars.
   */
  readonly method: 'stretch' | 'crop' | 'pad';
  readonly interpolation: 'linear' | 'cubic' | 'lanczos3';
  /** Part of the scaled short side that is kept by `crop`, e.g. 224 / 256. */
  readonly cropFraction: number;
}

/** Decoded pixels, 8-bit RGB: `[height, width, 3]`. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}
