import { useState } from 'preact/hooks';
import { api, dataOf, reasonHeader } from '../../api/client.ts';
import { changed } from '../../api/queries.ts';
import { type Permission, session } from '../../api/session.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { nameOf, useApplications } from '../../components/applications.ts';
import { FormField } from '../../components/form-field.tsx';

type CreateTokenProps = { readonly onClose: () => void; readonly onCreated: (secret: string) => void };

/** Creates a token with permissions of its creator. */
export const CreateToken = ({ onClose, onCreated }: CreateTokenProps) => {
  const [name, setName] = useState('');
  const [permissions, setPermissions] = useState<readonly Permission[]>(['scheduler:jobs:read']);
  const [applications, setApplications] = useState<readonly number[]>([]);
  const [expires, setExpires] = useState('');
  const known = useApplications();
  const create = async (reason: string) => {
    const body = {
      name,
      permissions: [...permissions],
      ...(applications.length === 0 ? {} : { applications: [...applications] }),
      ...(expires === '' ? {} : { expiresAt: new Date(expires).toISOString() }),
    };
    const { token } = await dataOf(api.POST('/tokens', { params: { header: reasonHeader(reason) }, body }));
    changed();
    onCreated(token);
  };
  return (
    <ActDialog title="New API token" verb="Create" act={create} onClose={onClose}>
      <FormField
        label="Name"
        pointer="/name"
        value={name}
        onValue={setName}
        hint="Shown in the audit with its changes"
      />
      <Choices
        title="Permissions"
        options={(session.current.value?.permissions ?? []).map((each) => [each, each] as const)}
        chosen={permissions}
        onChosen={setPermissions}
      />
      <Choices
        title="Limited to applications (if none: all of the tenant)"
        options={known.map((application) => [application.id, nameOf(application)] as const)}
        chosen={applications}
        onChosen={setApplications}
      />
      <FormField
        label="Expiry (browser time)"
        kind="time"
        pointer="/expiresAt"
        value={expires}
        onValue={setExpires}
        isRequired={false}
        hint="If empty, it never expires"
      />
    </ActDialog>
  );
};

type ChoicesProps<T> = {
  readonly title: string;
  readonly options: readonly (readonly [value: T, text: string])[];
  readonly chosen: readonly T[];
  readonly onChosen: (chosen: readonly T[]) => void;
};

const Choices = <T extends string | number>({ title, options, chosen, onChosen }: ChoicesProps<T>) => (
  <fieldset class="choice-list">
    <legend>{title}</legend>
    {options.map(([value, text]) => (
      <label key={value} class="check">
        <input
          type="checkbox"
          checked={chosen.includes(value)}
          onChange={({ currentTarget: { checked } }) =>
            onChosen(checked ? [...chosen, value] : chosen.filter((each) => each !== value))
          }
        />
        {text}
      </label>
    ))}
  </fieldset>
);
