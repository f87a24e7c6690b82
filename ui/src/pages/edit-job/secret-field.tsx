import { valueAt } from './draft.ts';
import { type Form, TextField } from './fields.tsx';

type SecretProps = { readonly form: Form; readonly pointer: string; readonly label: string };

/** A sealed value. It is never shown; if left unchanged, it is kept. */
export const SecretField = ({ form, pointer, label }: SecretProps) => {
  const isSealed = typeof valueAt(form.draft, pointer) === 'object';
  return (
    <TextField
      form={form}
      pointer={pointer}
      label={label}
      suggestions={form.existing.secrets.map((name) => `\${secret:${name}}`)}
      placeholder={
        !isSealed ? '${secret:NAME}' : form.keepsSealed ? 'Encrypted. Type to replace it.' : 'Enter it again'
      }
      hint="Stored encrypted. Better: ${secret:NAME}, a secret of the application"
    />
  );
};
