/** A schema of Standard Schema, version 1 (standardschema.dev), such as one of zod, valibot or arktype. */
export type InputSchema<Input> = {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Validated<Input> | Promise<Validated<Input>>;
    readonly types?: { readonly input: unknown; readonly output: Input } | undefined;
  };
};

type Validated<Input> =
  | { readonly value: Input; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

type SchemaIssue = {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
};

/** @throws TypeError that names each field with its issue */
export const checkInput = async <Input>(schema: InputSchema<Input>, value: unknown): Promise<Input> => {
  const checked = await schema['~standard'].validate(value);
  if (checked.issues === undefined) return checked.value;
  throw new TypeError(checked.issues.map(({ path = [], message }) => `${placeOf(path)}: ${message}`).join('; '));
};

const placeOf = (path: NonNullable<SchemaIssue['path']>): string =>
  ['input', ...path.map((part) => String(typeof part === 'object' ? part.key : part))].join('.');
