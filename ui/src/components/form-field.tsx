import { useId } from 'preact/hooks';
import { useFieldError } from './dialog-errors.ts';

type FormFieldProps = {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly hint?: string;
  /** Pointer of its value in the request: errors at this pointer are shown beside the field. */
  readonly pointer?: string;
  readonly kind?: 'text' | 'secret' | 'time' | 'lines';
  readonly isRequired?: boolean;
  /** Read-only. */
  readonly isFixed?: boolean;
};

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
