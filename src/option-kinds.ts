// What an option can be: its type and range, and what help and messages say of it. Which options there are, the verbs
// say (pipeline/); what is made of them, options.ts.

import { z } from 'zod';

/** One option: what it accepts, and what `--help` says of it. */
export interface Option<Schema extends z.ZodType = z.ZodType, Kind extends OptionKind = OptionKind> {
  readonly schema: Schema;
  readonly help: string;
  readonly kind: Kind;
  /** What the value looks like, for help and messages, e.g. `a number from 0 to 0.9`. */
  readonly expects: string;
  /** What to say where it is not given but has to be; there is a message that names the option and what it expects. */
  readonly missing?: string;
  /** The value that a person means who types this text; a text that means none is left to the schema to refuse. */
  readonly read: (typed: string) => unknown;
}

/** `flag` takes no value, `list` may be given several times or with commas. */
export type OptionKind = 'text' | 'number' | 'flag' | 'list';

/** The value that a person means who types it, or writes it in a config file; a list is set apart by commas. */
export function readTyped({ kind, read }: Option, typed: unknown): unknown {
  const readOne = (value: unknown) => (typeof value === 'string' ? read(value) : value);
  if (kind !== 'list') return readOne(typed);
  return [typed]
    .flat()
    .flatMap(item => (typeof item === 'string' ? item.split(',') : [item]))
    .map(readOne);
}

/** Options by name. */
export type OptionTable = Readonly<Record<string, Option>>;

/** A table's options once they are checked and completed. */
export type Resolved<Table extends OptionTable> = {
  readonly [Name in keyof Table]: z.output<Table[Name]['schema']>;
};

/** A table's options as a caller gives them: what has a default may be left out, and a list of one needs no brackets. */
export type Given<Table extends OptionTable> = Flat<
  { readonly [Name in Exclude<keyof Table, NeedlessOf<Table>>]: Accepted<Table[Name]> } & {
    readonly [Name in NeedlessOf<Table>]?: Accepted<Table[Name]> | undefined;
  }
>;

type Flat<Type> = { [Name in keyof Type]: Type[Name] };

type Accepted<Each extends Option> = Each['kind'] extends 'list'
  ? z.input<Each['schema']> | ItemOf<z.input<Each['schema']>>
  : z.input<Each['schema']>;

type ItemOf<List> = List extends readonly (infer Item)[] ? Item : never;

type NeedlessOf<Table extends OptionTable> = {
  [Name in keyof Table]: undefined extends z.input<Table[Name]['schema']> ? Name : never;
}[keyof Table];

const asTyped = (typed: string): string => typed;

/** What a person types for a number; nothing that JavaScript merely coerces (`''`, `0x10`). */
const numeric = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

const readNumber = (typed: string): string | number => (numeric.test(typed) ? Number(typed) : typed);

/** Any text but an empty one. */
export const text = (help: string, expects = 'a text') =>
  ({ schema: z.string().min(1), help, kind: 'text', expects, read: asTyped }) as const;

/** True where it is given. */
export const flag = (help: string) =>
  ({ schema: z.boolean().default(false), help, kind: 'flag', expects: '', read: asTyped }) as const;

/** One of a few words. */
export const choice = <const Values extends readonly [string, ...string[]]>(values: Values, help: string) =>
  ({ schema: z.enum(values), help, kind: 'text', expects: values.join(' | '), read: asTyped }) as const;

/** A number of a range, ends included. */
export const number = (minimum: number, maximum: number, help: string) =>
  ({
    schema: z.number().min(minimum).max(maximum),
    help,
    kind: 'number',
    expects: `a number from ${minimum} to ${maximum}`,
    read: readNumber,
  }) as const;

/** A whole number of a range, ends included. */
export const integer = (minimum: number, maximum: number, help: string) =>
  ({
    schema: z.number().int().min(minimum).max(maximum),
    help,
    kind: 'number',
    expects: `a whole number from ${minimum} to ${maximum}`,
    read: readNumber,
  }) as const;

/** At least one of something. */
export const list = <Schema extends z.ZodType>(item: Schema, help: string, expects: string) =>
  ({ schema: z.array(item).min(1).readonly(), help, kind: 'list', expects, read: asTyped }) as const;

/** Whole numbers of a range, ends included; there may be none. */
export const integers = (minimum: number, maximum: number, help: string) =>
  ({
    schema: z.array(z.number().int().min(minimum).max(maximum)).readonly(),
    help,
    kind: 'list',
    expects: `whole numbers from ${minimum} to ${maximum}, with commas`,
    read: readNumber,
  }) as const;

/** VGG16 at 2048x2048 needs 3 GB. */
const largestSide = 2048;

const side = z.number().int().min(1).max(largestSide);
const sides = z.tuple([side, side]);

/** `224x224` or `640x480` (height x width), or `[height, width]`, to `[height, width]` in pixels. */
export const sizeInPixels = (help: string) =>
  ({
    schema: z.union([
      sides.readonly(),
      z
        .string()
        .regex(/^\d{1,4}x\d{1,4}$/)
        .transform((value): number[] => value.split('x').map(Number))
        .pipe(z.array(z.number()).pipe(sides as z.ZodType<[number, number], number[]>))
        .readonly(),
    ]),
    help,
    kind: 'text',
    expects: `HEIGHTxWIDTH, each from 1 to ${largestSide}, e.g. 224x224`,
    read: asTyped,
  }) as const;

/** The option with a value for whoever does not give it. */
export const withDefault = <Schema extends z.ZodType, Kind extends OptionKind>(
  option: Option<Schema, Kind>,
  value: z.util.NoUndefined<z.output<Schema>>,
) => ({ ...option, schema: option.schema.default(value) });

/** The option, which may be left out. */
export const maybe = <Schema extends z.ZodType, Kind extends OptionKind>(option: Option<Schema, Kind>) => ({
  ...option,
  schema: option.schema.optional(),
});
