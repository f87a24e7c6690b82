import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { isWithin } from '../../components/dialog-errors.ts';
import { type Draft, valueAt, withValue } from './draft.ts';
import type { Existing } from './existing.ts';

/** The edited draft, and the API's errors by field. */
export type Form = {
  readonly draft: Draft;
  readonly setDraft: (draft: Draft) => void;
  readonly errors: ReadonlyMap<string, string>;
  /** Existing resources that the job can use. */
  readonly existing: Existing;
  /** Sealed values are kept unless replaced; a new job has none to keep. */
  readonly keepsSealed: boolean;
};

type FieldProps = {
  readonly form: Form;
  /** Pointer of the field in the job. */
  readonly pointer: string;
  readonly label: string;
  readonly hint?: ComponentChildren;
};

export const errorAt = (errors: ReadonlyMap<string, string>, pointer: string): string | undefined =>
  [...errors].find(([at]) => isWithin(at, pointer))?.[1];

type FrameProps = FieldProps & {
  readonly children: (props: {
    readonly id: string;
    readonly describedBy: string;
    readonly isWrong: boolean;
  }) => ComponentChildren;
};

/** A field's label, hint and error around its input. */
export const Frame = ({ form, pointer, label, hint, children }: FrameProps) => {
  const id = useId();
  const error = errorAt(form.errors, pointer);
  const describedBy = `${id}-about`;
  return (
    <div class="field" data-pointer={pointer}>
      <label id={`${id}-label`} for={id}>
        {label}
      </label>
      {children({ id, describedBy, isWrong: error !== undefined })}
      <span id={describedBy} class={error === undefined ? 'quiet small' : 'field-wrong small'}>
        {error ?? hint}
      </span>
    </div>
  );
};

type TextProps = FieldProps & {
  readonly placeholder?: string;
  readonly suggestions?: readonly string[];
  readonly isRequired?: boolean;
};

export const TextField = ({ placeholder, suggestions, isRequired = false, ...field }: TextProps) => {
  const { form, pointer } = field;
  const value = valueAt(form.draft, pointer);
  return (
    <Frame {...field}>
      {({ id, describedBy, isWrong }) => (
        <>
          <input
            id={id}
            type="text"
            autocomplete="off"
            spellcheck={false}
            required={isRequired}
            value={value === undefined || typeof value === 'object' ? '' : String(value)}
            placeholder={placeholder}
            list={suggestions === undefined ? undefined : `${id}-list`}
            aria-invalid={isWrong}
            aria-describedby={describedBy}
            onInput={({ currentTarget }) =>
              form.setDraft(
                withValue(form.draft, pointer, currentTarget.value === '' ? undefined : currentTarget.value),
              )
            }
          />
          {suggestions === undefined ? null : (
            <datalist id={`${id}-list`}>
              {suggestions.map((each) => (
                <option key={each} value={each} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Frame>
  );
};

type ListProps = FieldProps & {
  readonly print: (value: unknown) => string;
  readonly read: (text: string) => unknown;
  readonly placeholder?: string;
  /** Existing values, suggested for the text after the last comma. */
  readonly suggestions: readonly string[];
};

/** Comma-separated values. The typed text is kept, even if a shorter one means the same. */
export const ListField = ({ print, read, placeholder, suggestions, ...field }: ListProps) => {
  const { form, pointer } = field;
  const [text, setText] = useState(() => print(valueAt(form.draft, pointer)));
  const [before = ''] = /^.*,\s*/.exec(text) ?? [];
  const named = text.split(',').map((each) => each.trim());
  return (
    <Frame {...field}>
      {({ id, describedBy, isWrong }) => (
        <>
          <input
            id={id}
            type="text"
            autocomplete="off"
            spellcheck={false}
            value={text}
            placeholder={placeholder}
            list={`${id}-list`}
            aria-invalid={isWrong}
            aria-describedby={describedBy}
            onInput={({ currentTarget: { value } }) => {
              setText(value);
              form.setDraft(withValue(form.draft, pointer, read(value)));
            }}
          />
          <datalist id={`${id}-list`}>
            {suggestions
              .filter((each) => !named.includes(each))
              .map((each) => (
                <option key={each} value={`${before}${each}`} />
              ))}
          </datalist>
        </>
      )}
    </Frame>
  );
};

type NamesProps = {
  readonly form: Form;
  readonly pointer: string;
  readonly label: string;
  readonly hint: string;
  /** All choices. */
  readonly names: readonly string[];
};

/** Existing names as checkboxes. Names that the job uses are always included. */
export const NamesField = ({ form, pointer, label, hint, names }: NamesProps) => {
  const value = valueAt(form.draft, pointer);
  const chosen: readonly unknown[] = Array.isArray(value) ? value : [];
  const all = [...new Set([...names, ...chosen.map(String)])].toSorted();
  const error = errorAt(form.errors, pointer);
  const choose = (name: string, isChosen: boolean) => {
    const next = all.filter((each) => (each === name ? isChosen : chosen.includes(each)));
    form.setDraft(withValue(form.draft, pointer, next.length === 0 ? undefined : next));
  };
  return (
    <fieldset class="choice-list" data-pointer={pointer}>
      <legend>{label}</legend>
      {all.map((name) => (
        <label key={name} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(name)}
            aria-invalid={error !== undefined}
            onChange={({ currentTarget: { checked } }) => choose(name, checked)}
          />
          {name}
        </label>
      ))}
      <span class={error === undefined ? 'quiet small' : 'field-wrong small'}>{error ?? hint}</span>
    </fieldset>
  );
};

type NumberProps = FieldProps & { readonly min?: number; readonly placeholder?: string };

export const NumberField = ({ min = 1, placeholder, ...field }: NumberProps) => {
  const { form, pointer } = field;
  const value = valueAt(form.draft, pointer);
  return (
    <Frame {...field}>
      {({ id, describedBy, isWrong }) => (
        <input
          id={id}
          type="number"
          min={min}
          value={value === undefined ? '' : String(value)}
          placeholder={placeholder}
          aria-invalid={isWrong}
          aria-describedby={describedBy}
          onInput={({ currentTarget: { value: text } }) =>
            form.setDraft(withValue(form.draft, pointer, text === '' ? undefined : Number(text)))
          }
        />
      )}
    </Frame>
  );
};

type SelectProps = FieldProps & {
  /** Values with their descriptions; the empty one means the service's default. */
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly read?: (text: string) => unknown;
};

export const SelectField = ({ options, read = (text) => text, ...field }: SelectProps) => {
  const { form, pointer } = field;
  const value = valueAt(form.draft, pointer);
  return (
    <Frame {...field}>
      {({ id, describedBy, isWrong }) => (
        <select
          id={id}
          value={value === undefined ? '' : String(value)}
          aria-invalid={isWrong}
          aria-describedby={describedBy}
          onChange={({ currentTarget: { value: text } }) =>
            form.setDraft(withValue(form.draft, pointer, text === '' ? undefined : read(text)))
          }
        >
          {options.map(([each, text]) => (
            <option key={each} value={each}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Frame>
  );
};

type TextAreaProps = FieldProps & {
  readonly rows: number;
  readonly print: (value: unknown) => string;
  readonly read: (text: string) => unknown;
  readonly placeholder?: string;
};

/** A text for a structured value, such as headers. The typed text is kept. */
export const TextAreaField = ({ rows, print, read, placeholder, ...field }: TextAreaProps) => {
  const { form, pointer } = field;
  const [text, setText] = useState(() => print(valueAt(form.draft, pointer)));
  return (
    <Frame {...field}>
      {({ id, describedBy, isWrong }) => (
        <textarea
          id={id}
          rows={rows}
          spellcheck={false}
          value={text}
          placeholder={placeholder}
          aria-invalid={isWrong}
          aria-describedby={describedBy}
          onInput={({ currentTarget: { value } }) => {
            setText(value);
            form.setDraft(withValue(form.draft, pointer, read(value)));
          }}
        />
      )}
    </Frame>
  );
};
