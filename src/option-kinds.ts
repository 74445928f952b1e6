// What an option can be: its type and range, and what help and messages say of it. Which options there are, the verbs
// say (pipeline/); what is made of them, options.ts.

import * as v from 'valibot';

/** One option: what it accepts, and what `--help` says of it. */
export interface Option<
  Schema extends v.GenericSchema = v.GenericSchema,
  Kind extends OptionKind = OptionKind,
> {
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
  readonly [Name in keyof Table]: v.InferOutput<Table[Name]['schema']>;
};

/** A table's options as a caller gives them: what has a default may be left out, and a list of one needs no brackets. */
export type Given<Table extends OptionTable> = Flat<
  { readonly [Name in Exclude<keyof Table, NeedlessOf<Table>>]: Accepted<Table[Name]> } & {
    readonly [Name in NeedlessOf<Table>]?: Accepted<Table[Name]> | undefined;
  }
>;

type Flat<Type> = { [Name in keyof Type]: Type[Name] };

type Accepted<Each extends Option> = Each['kind'] extends 'list'
  ? InputOf<Each> | ItemOf<InputOf<Each>>
  : InputOf<Each>;

type InputOf<Each extends Option> = Readonly<v.InferInput<Each['schema']>>;

type ItemOf<List> = List extends readonly (infer Item)[] ? Item : never;

type NeedlessOf<Table extends OptionTable> = {
  [Name in keyof Table]: undefined extends v.InferInput<Table[Name]['schema']> ? Name : never;
}[keyof Table];

/** A whole number of a range, ends included. */
const wholeNumber = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(minimum), v.maxValue(maximum));

const asTyped = (typed: string): string => typed;

/** What a person types for a number; nothing that JavaScript merely coerces (`''`, `0x10`). */
const numeric = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

const readNumber = (typed: string): string | number => (numeric.test(typed) ? Number(typed) : typed);

/** Any text but an empty one. */
export const text = (help: string, expects = 'a text') =>
  ({ schema: v.pipe(v.string(), v.nonEmpty()), help, kind: 'text', expects, read: asTyped }) as const;

/** True where it is given. */
export const flag = (help: string) =>
  ({ schema: v.optional(v.boolean(), false), help, kind: 'flag', expects: '', read: asTyped }) as const;

/** One of a few words. */
export const choice = <const Values extends readonly [string, ...string[]]>(values: Values, help: string) =>
  ({ schema: v.picklist(values), help, kind: 'text', expects: values.join(' | '), read: asTyped }) as const;

/** A number of a range, ends included. */
export const number = (minimum: number, maximum: number, help: string) =>
  ({
    schema: v.pipe(v.number(), v.minValue(minimum), v.maxValue(maximum)),
    help,
    kind: 'number',
    expects: `a number from ${minimum} to ${maximum}`,
    read: readNumber,
  }) as const;

/** A whole number of a range, ends included. */
export const integer = (minimum: number, maximum: number, help: string) =>
  ({
    schema: wholeNumber(minimum, maximum),
    help,
    kind: 'number',
    expects: `a whole number from ${minimum} to ${maximum}`,
    read: readNumber,
  }) as const;

/** At least one of something. */
export const list = <Schema extends v.GenericSchema>(item: Schema, help: string, expects: string) =>
  ({
    schema: v.pipe(v.array(item), v.nonEmpty(), v.readonly()),
    help,
    kind: 'list',
    expects,
    read: asTyped,
  }) as const;

/** Whole numbers of a range, ends included; there may be none. */
export const integers = (minimum: number, maximum: number, help: string) =>
  ({
    schema: v.pipe(v.array(wholeNumber(minimum, maximum)), v.readonly()),
    help,
    kind: 'list',
    expects: `whole numbers from ${minimum} to ${maximum}, with commas`,
    read: readNumber,
  }) as const;

/** VGG16 at 2048x2048 needs 3 GB. */
const largestSide = 2048;

const side = wholeNumber(1, largestSide);
const sides = v.pipe(v.strictTuple([side, side]), v.readonly());

/** `224x224` or `640x480` (height x width), or `[height, width]`, to `[height, width]` in pixels. */
export const sizeInPixels = (help: string) =>
  ({
    schema: v.union([
      sides,
      v.pipe(
        v.string(),
        v.regex(/^\d{1,4}x\d{1,4}$/),
        v.transform(value => value.split('x').map(Number)),
        sides,
      ),
    ]),
    help,
    kind: 'text',
    expects: `HEIGHTxWIDTH, each from 1 to ${largestSide}, e.g. 224x224`,
    read: asTyped,
  }) as const;

/** A month. */
const longestSeconds = 31 * 24 * 3600;

/** A number by itself is seconds; behind hours or minutes it could be either, and needs its unit. */
const durationParts = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?$|^(\d{1,7})$/;

/** `90`, `60s`, `5m`, `1h30m`, or a number, to seconds. */
export const duration = (help: string) =>
  ({
    schema: v.pipe(
      v.union([
        v.number(),
        v.pipe(v.string(), v.nonEmpty(), v.regex(durationParts), v.transform(countSeconds)),
      ]),
      v.minValue(1),
      v.maxValue(longestSeconds),
    ),
    help,
    kind: 'text',
    expects: 'a duration from 1s to 744h, e.g. 90, 60s, 5m or 1h30m',
    read: asTyped,
  }) as const;

function countSeconds(typed: string): number {
  const [, hours = 0, minutes = 0, seconds = 0, alone = 0] = typed.match(durationParts) ?? [];
  return 3600 * Number(hours) + 60 * Number(minutes) + Number(seconds) + Number(alone);
}

/** The option with a value for whoever does not give it. */
export const withDefault = <Schema extends v.GenericSchema, Kind extends OptionKind>(
  option: Option<Schema, Kind>,
  value: v.InferInput<Schema>,
) => ({ ...option, schema: v.optional(option.schema, value) });

/** The option, which may be left out. */
export const maybe = <Schema extends v.GenericSchema, Kind extends OptionKind>(
  option: Option<Schema, Kind>,
) => ({
  ...option,
  schema: v.optional(option.schema),
});
