import { useId } from 'preact/hooks';
import { useFieldError } from './dialog-errors.ts';

type FormSelectProps = {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  /** Pointer of its value in the request. */
  readonly pointer?: string;
  readonly isRequired?: boolean;
  readonly options: readonly (readonly [value: string, text: string])[];
};

export const FormSelect = (props: FormSelectProps) => {
  const { label, value, onValue, pointer, isRequired = true, options } = props;
  const id = useId();
  const error = useFieldError(pointer);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        required={isRequired}
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-hint`}
        value={value}
        onChange={({ currentTarget }) => onValue(currentTarget.value)}
      >
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
      <span id={`${id}-hint`} class="field-wrong small">
        {error}
      </span>
    </div>
  );
};
