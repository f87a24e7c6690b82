import { useId } from 'preact/hooks';
import { useFieldError } from './dialog-errors.ts';

type FormFieldProps = {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly hint?: string;
  /** Where in what is sent its value stands: what is said against that is shown beside it. */
  readonly pointer?: string;
  readonly kind?: 'text' | 'secret' | 'time' | 'lines';
  readonly isRequired?: boolean;
  /** Nobody may change it here. */
  readonly isFixed?: boolean;
};

/** A field of a dialog. */
export const FormField = (props: FormFieldProps) => {
  const { label, value, onValue, hint, pointer, kind = 'text', isRequired = true, isFixed = false } = props;
  const id = useId();
  const error = useFieldError(pointer);
  const shared = {
    id,
    value,
    required: isRequired,
    disabled: isFixed,
    'aria-describedby': `${id}-hint`,
    'aria-invalid': error !== undefined,
    onInput: ({ currentTarget }: { readonly currentTarget: { readonly value: string } }) =>
      onValue(currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {kind === 'text' ? <input type="text" autocomplete="off" {...shared} /> : null}
      {kind === 'secret' ? <input type="password" autocomplete="new-password" {...shared} /> : null}
      {kind === 'time' ? <input type="datetime-local" {...shared} /> : null}
      {kind === 'lines' ? <textarea rows={5} spellcheck={false} {...shared} /> : null}
      <span id={`${id}-hint`} class={error === undefined ? 'quiet small' : 'field-wrong small'}>
        {error ?? hint}
      </span>
    </div>
  );
};
