// What is done to an image before a network sees it, as its card says.

/** Height and width in pixels. */
export type Size = readonly [height: number, width: number];

/** Channels of an image: grey, grey and alpha, RGB, RGB and alpha. */
export type Channels = 1 | 2 | 3 | 4;

/** Decoded pixels, 8 bits each: `[height, width, channels]`. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: Channels;
}

/** Pixels to network input: channel order, then `(x - mean) / std` per channel, on 0..255. */
export interface Preprocessing {
  /** `grey` for one channel, and for two: grey and alpha. With four, alpha comes after the colours. */
  readonly channelOrder: 'RGB' | 'BGR' | 'grey';
  /** A number per channel, in the network's order. */
  readonly mean: readonly number[];
  /** A number per channel, in the network's order. */
  readonly std: readonly number[];
}

/**
 * How an image becomes a rectangle of the input shape. `interpolation` names the kernel of one exact rule, that of
 * `tf.image.resize(antialias=True)`, Pillow's `resize` and ONNX' `Resize` (half_pixel, antialias): resize.ts has it in words.
 */
export interface ResizeRule {
  /**
   * `stretch`: the image in full, aspect ratio lost. `crop`: centre crop of `cropFraction` of the short side.
   * `pad`: the image in full, black bars of equal width.
   */
  readonly method: 'stretch' | 'crop' | 'pad';
  /** Triangle, Catmull and Rom's cubic (a = -0.5), or Lanczos' with three lobes. */
  readonly interpolation: 'linear' | 'cubic' | 'lanczos3';
  /** Part of the scaled short side that is kept by `crop`, e.g. 224 / 256; opposite margins are equal. */
  readonly cropFraction: number;
}

/** What is done to every image, as a card says it, at a size that is settled. */
export interface InputRules {
  readonly size: Size;
  readonly channels: Channels;
  readonly resize: ResizeRule;
  readonly preprocessing: Preprocessing;
}

/** How an image is looked at: as it is, or changed as training wants it. Plain data, so that threads can be told. */
export interface View {
  /** Names it, e.g. in the feature store. */
  readonly key: string;
  /** Left and right are exchanged. */
  readonly mirrored: boolean;
  /** The part that is seen, in parts of the image's height and width; absent: all of it. */
  readonly part?: ViewedPart | undefined;
  /** What is done to the pixels at the size that the network takes; absent: nothing. */
  readonly change?: PixelChange | undefined;
}

/** Changes of pixels, in the order in which they are made; what is absent is not. */
export interface PixelChange {
  /** Clockwise, in degrees. */
  readonly rotation?: number | undefined;
  /** In degrees: what is above the middle goes to the left. */
  readonly shear?: number | undefined;
  /** The sigma of a Gaussian, in pixels, from 0.3. */
  readonly blur?: number | undefined;
  /** Factors. */
  readonly brightness?: number | undefined;
  readonly contrast?: number | undefined;
  readonly saturation?: number | undefined;
  /** In whole degrees. */
  readonly hue?: number | undefined;
  /** Becomes grey. */
  readonly erased?: ViewedPart | undefined;
}

/** A part of an image, each number from 0 to 1. */
export interface ViewedPart {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** The image as it is. */
export const originalView: View = { key: 'original', mirrored: false };

/** The image in a mirror. */
export const mirroredView: View = { key: 'mirrored', mirrored: true };
