import { useState } from 'preact/hooks';
import type { Secret } from '../../../../packages/client/src/schema.ts';
import { api, done, pageOf, reasonHeader } from '../../api/client.ts';
import { changed } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { FormField } from '../../components/form-field.tsx';
import { showSuccess } from '../../components/toasts.tsx';
import { ResourceSection, type SetDialogProps } from './resource-section.tsx';

/** Values of `${secret:NAME}`: write-only. */
export const Secrets = ({ id }: { readonly id: number }) => (
  <ResourceSection<Secret>
    title="Secrets"
    one="secret"
    queryKey={['application', id, 'secrets']}
    load={(page, signal) =>
      pageOf(
        api.GET('/applications/{id}/secrets', {
          params: { path: { id }, query: page },
          signal,
        }),
      )
    }
    columns={[
      { title: 'Allowed origins', cell: ({ allowedOrigins }) => allowedOrigins?.join(', ') ?? 'Any target' },
      { title: 'Use', cell: (secret) => formatUse(secret) },
    ]}
    hint="Jobs use a secret as ${secret:NAME}. Its value can't be shown again."
    mayWrite={session.may('scheduler:secrets:write')}
    SetDialog={(props) => <SetSecret id={id} {...props} />}
    remove={(name, reason) =>
      done(
        api.DELETE('/applications/{id}/secrets/{name}', {
          params: { path: { id, name }, header: reasonHeader(reason) },
        }),
      )
    }
    removal="Executions of jobs that use it will fail with BAD_PARAMETER. Its value can't be recovered."
    history={(name, page, signal) =>
      pageOf(
        api.GET('/applications/{id}/secrets/{name}/history', { params: { path: { id, name }, query: page }, signal }),
      )
    }
  />
);

const formatUse = ({ signing, erased }: Secret): string => {
  if (erased === true) return 'Erased. Set it again.';
  return signing === true ? 'Signs calls' : 'In requests';
};

const SetSecret = ({ id, resource, onClose }: { readonly id: number } & SetDialogProps<Secret>) => {
  const [name, setName] = useState(resource?.name ?? '');
  const [value, setValue] = useState('');
  const [origins, setOrigins] = useState(resource?.allowedOrigins?.join('\n') ?? '');
  const [signs, setSigns] = useState(resource?.signing === true);
  return (
    <ActDialog
      title={resource === undefined ? 'New secret' : `Replace ${resource.name}`}
      verb="Save"
      onClose={onClose}
      act={async (reason) => {
        const params = { path: { id, name }, header: reasonHeader(reason) };
        const allowed = origins.split(/\s+/).filter((origin) => origin !== '');
        const body = { value, allowedOrigins: allowed.length === 0 ? null : allowed, signing: signs };
        await done(api.PUT('/applications/{id}/secrets/{name}', { params, body }));
        changed();
        showSuccess(`Saved ${name}`);
      }}
    >
      <FormField label="Name" pointer="/name" value={name} onValue={setName} isFixed={resource !== undefined} />
      <FormField
        label="Value"
        pointer="/value"
        kind="secret"
        value={value}
        onValue={setValue}
        hint={resource === undefined ? 'Never shown again' : 'The current value is not shown. Enter a new one.'}
      />
      <FormField
        label="Allowed origins"
        pointer="/allowedOrigins"
        kind="lines"
        value={origins}
        onValue={setOrigins}
        isRequired={false}
        hint="One per line, such as https://service.example.com. If empty, any target can receive it"
      />
      <label class="check">
        <input type="checkbox" checked={signs} onChange={({ currentTarget: { checked } }) => setSigns(checked)} />
        Use to sign calls
      </label>
    </ActDialog>
  );
};
