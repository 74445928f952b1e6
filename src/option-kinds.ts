// What an option can be: its type and range, and what help and messages say of them. Which options there are: options.ts.

import { z } from 'zod';

/** One option: what it accepts, and what `--help` says of it. */
export interface Option<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  readonly help: string;
  /** `flag` takes no value, `list` may be given several times or with commas. */
  readonly kind: 'text' | 'flag' | 'list';
  /** What the value looks like, for help and messages, e.g. `a number from 0 to 0.9`. */
  readonly expects: string;
}

export type OptionTable = Readonly<Record<string, Option>>;

/** The resolved value of a table of options. */
export type Resolved<Table extends OptionTable> = {
  readonly [Name in keyof Table]: z.output<Table[Name]['schema']>;
};

export const text = (help: string, expects = 'a text') =>
  ({ schema: z.string().min(1).optional(), help, kind: 'text', expects }) as const;

export const flag = (help: string) =>
  ({ schema: z.boolean().default(false), help, kind: 'flag', expects: '' }) as const;

export const choice = <const Values extends readonly [string, ...string[]]>(values: Values, help: string) =>
  ({ schema: z.enum(values), help, kind: 'text', expects: values.join(' | ') }) as const;

/** A JSON number, or what a person types for one; nothing that JavaScript merely coerces (`''`, `true`). */
export const numeric = z.union([
  z.number(),
  z
    .string()
    .regex(/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i)
    .transform(Number),
]);

export const number = (minimum: number, maximum: number, help: string) =>
  ({
    schema: numeric.pipe(z.number().min(minimum).max(maximum)),
    help,
    kind: 'text',
    expects: `a number from ${minimum} to ${maximum}`,
  }) as const;

export const integer = (minimum: number, maximum: number, help: string) =>
  ({
    schema: numeric.pipe(z.number().int().min(minimum).max(maximum)),
    help,
    kind: 'text',
    expects: `a whole number from ${minimum} to ${maximum}`,
  }) as const;

export const withDefault = <Schema extends z.ZodType>(option: Option<Schema>, value: z.output<Schema>) => ({
  ...option,
  schema: option.schema.default(value as never),
});

export const maybe = <Schema extends z.ZodType>(option: Option<Schema>) => ({
  ...option,
  schema: option.schema.optional(),
});

export const list = <Item extends z.ZodType>(item: Item, help: string, expects: string) =>
  ({ schema: z.array(item).min(1), help, kind: 'list', expects }) as const;

export const requiredText = (help: string, expects: string) =>
  ({ schema: z.string().min(1), help, kind: 'text', expects }) as const;

/** VGG16 at 2048x2048 needs 3 GB. */
const largestSide = 2048;

/** `224x224` or `640x480` (height x width) to `[height, width]` in pixels. */
export const sizeInPixels = (help: string) =>
  ({
    schema: z
      .string()
      .regex(/^\d{1,4}x\d{1,4}$/)
      .transform((value): readonly [number, number] => {
        const [height, width] = value.split('x').map(Number);
        return [height!, width!];
      })
      .refine(sizes => sizes.every(size => size <= largestSide))
      .optional(),
    help,
    kind: 'text',
    expects: `HEIGHTxWIDTH of at most ${largestSide} each, e.g. 224x224`,
  }) as const;
