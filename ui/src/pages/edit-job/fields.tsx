import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { isWithin } from '../../parts/dialog-errors.ts';
import { type Draft, valueAt, withValue } from './draft.ts';

/** The draft that a form edits, and what the API said against its fields. */
export type Form = {
  readonly draft: Draft;
  readonly setDraft: (draft: Draft) => void;
  readonly errors: ReadonlyMap<string, string>;
};

type FieldProps = {
  readonly form: Form;
  /** Where in the job it stands. */
  readonly pointer: string;
  readonly label: string;
  readonly hint?: ComponentChildren;
};

/** What is said against a field. */
export const errorAt = (errors: ReadonlyMap<string, string>, pointer: string): string | undefined =>
  [...errors].find(([at]) => isWithin(at, pointer))?.[1];

type FrameProps = FieldProps & {
  readonly children: (props: {
    readonly id: string;
    readonly describedBy: string;
    readonly isWrong: boolean;
  }) => ComponentChildren;
};

const Frame = ({ form, pointer, label, hint, children }: FrameProps) => {
  const id = useId();
  const error = errorAt(form.errors, pointer);
  const describedBy = `${id}-about`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
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
  /** Its values, with what they mean; the empty one is for what is left to the service. */
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
  /** @throws where the text can not be read yet: the draft stays as it was */
  readonly read: (text: string) => unknown;
  readonly placeholder?: string;
  readonly onReadable?: (isReadable: boolean) => void;
};

/** A text that stands for something else, such as headers or JSON. It is kept as it is typed. */
export const TextAreaField = ({ rows, print, read, placeholder, onReadable, ...field }: TextAreaProps) => {
  const { form, pointer } = field;
  const [text, setText] = useState(() => print(valueAt(form.draft, pointer)));
  const [unreadable, setUnreadable] = useState<string>();
  const errors = unreadable === undefined ? form.errors : new Map([[pointer, unreadable]]);
  const write = (typed: string) => {
    setText(typed);
    try {
      form.setDraft(withValue(form.draft, pointer, read(typed)));
      setUnreadable(undefined);
      onReadable?.(true);
    } catch (error) {
      setUnreadable(error instanceof Error ? error.message : String(error));
      onReadable?.(false);
    }
  };
  return (
    <Frame {...field} form={{ ...form, errors }}>
      {({ id, describedBy, isWrong }) => (
        <textarea
          id={id}
          rows={rows}
          spellcheck={false}
          value={text}
          placeholder={placeholder}
          aria-invalid={isWrong}
          aria-describedby={describedBy}
          onInput={({ currentTarget }) => write(currentTarget.value)}
        />
      )}
    </Frame>
  );
};
