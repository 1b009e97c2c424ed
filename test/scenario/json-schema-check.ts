/** A validator of the JSON Schema keywords that the scenario schema uses; an unknown keyword is an error. */

export interface Schema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly description?: string;
  readonly pattern?: string;
  readonly examples?: readonly string[];
}

type Check = (argument: never, value: unknown, schema: Schema) => boolean;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isMap,
  array: Array.isArray,
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: Number.isInteger,
  boolean: (value) => typeof value === "boolean",
};

const says: Check = () => true;
const checks: Readonly<Record<string, Check>> = {
  $schema: says,
  title: says,
  description: says,
  examples: says,
  type: (type: string, value) => types[type]!(value),
  const: (wanted: unknown, value) => value === wanted,
  enum: (values: unknown[], value) => values.includes(value),
  anyOf: (branches: Schema[], value) => branches.some((branch) => holds(branch, value)),
  required: (keys: string[], value) => !isMap(value) || keys.every((key) => Object.hasOwn(value, key)),
  properties: (shape: Record<string, Schema>, value) =>
    !isMap(value) ||
    Object.entries(value).every(([key, inner]) => !Object.hasOwn(shape, key) || holds(shape[key]!, inner)),
  additionalProperties: (allowed: boolean | Schema, value, schema) =>
    allowed === true ||
    !isMap(value) ||
    Object.entries(value).every(
      ([key, inner]) =>
        Object.hasOwn(schema.properties ?? {}, key) || (allowed !== false && holds(allowed, inner)),
    ),
  propertyNames: (schema: Schema, value) =>
    !isMap(value) || Object.keys(value).every((key) => holds(schema, key)),
  // A list of schemas is one for each place.
  items: (schema: Schema | readonly Schema[], value) =>
    !Array.isArray(value) ||
    value.every((entry, i) => holds(Array.isArray(schema) ? schema[i]! : (schema as Schema), entry)),
  additionalItems: (allowed: boolean, value, schema) =>
    allowed || !Array.isArray(value) || value.length <= (schema.items as unknown as unknown[]).length,
  minItems: (least: number, value) => !Array.isArray(value) || value.length >= least,
  maxItems: (most: number, value) => !Array.isArray(value) || value.length <= most,
  minLength: (least: number, value) => typeof value !== "string" || value.length >= least,
  maxLength: (most: number, value) => typeof value !== "string" || value.length <= most,
  pattern: (pattern: string, value) => typeof value !== "string" || new RegExp(pattern, "u").test(value),
  minimum: (least: number, value) => typeof value !== "number" || value >= least,
  maximum: (most: number, value) => typeof value !== "number" || value <= most,
  exclusiveMinimum: (least: number, value) => typeof value !== "number" || value > least,
};

/** Whether a value satisfies a schema. */
export function holds(schema: Schema, value: unknown): boolean {
  return Object.entries(schema).every(([keyword, argument]) => {
    const check = checks[keyword];
    if (check === undefined) throw new Error(`no check for the keyword ${keyword}`);
    return check(argument as never, value, schema);
  });
}
