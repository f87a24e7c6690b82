import { useState } from 'preact/hooks';
import type { Variable } from '../../../../packages/client/src/schema.ts';
import { api, done, pageOf, reasonHeader } from '../../api/client.ts';
import { changed } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { FormField } from '../../components/form-field.tsx';
import { showSuccess } from '../../components/toasts.tsx';
import { ResourceSection, type SetDialogProps } from './resource-section.tsx';

/** Values of `${NAME}` in the application's jobs. */
export const Variables = ({ id }: { readonly id: number }) => (
  <ResourceSection<Variable>
    title="Variables"
    one="variable"
    queryKey={['application', id, 'variables']}
    load={(page, signal) =>
      pageOf(
        api.GET('/applications/{id}/variables', {
          params: { path: { id }, query: page },
          signal,
        }),
      )
    }
    columns={[{ title: 'Value', cell: ({ value }) => <code>{value}</code> }]}
    hint="Jobs use a variable as ${NAME}."
    mayWrite={session.may('scheduler:jobs:write')}
    SetDialog={(props) => <SetVariable id={id} {...props} />}
    remove={(name, reason) =>
      done(
        api.DELETE('/applications/{id}/variables/{name}', {
          params: { path: { id, name }, header: reasonHeader(reason) },
        }),
      )
    }
    removal="Executions of jobs that use it will fail with BAD_PARAMETER."
    history={(name, page, signal) =>
      pageOf(
        api.GET('/applications/{id}/variables/{name}/history', { params: { path: { id, name }, query: page }, signal }),
      )
    }
    revert={(name, version, reason) =>
      done(
        api.POST('/applications/{id}/variables/{name}/history/{version}/revert', {
          params: { path: { id, name, version }, header: reasonHeader(reason) },
        }),
      )
    }
  />
);

const SetVariable = ({ id, resource, onClose }: { readonly id: number } & SetDialogProps<Variable>) => {
  const [name, setName] = useState(resource?.name ?? '');
  const [value, setValue] = useState(resource?.value ?? '');
  return (
    <ActDialog
      title={resource === undefined ? 'New variable' : `Edit ${resource.name}`}
      verb="Save"
      onClose={onClose}
      act={async (reason) => {
        const params = { path: { id, name }, header: reasonHeader(reason) };
        await done(api.PUT('/applications/{id}/variables/{name}', { params, body: { value } }));
        changed();
        showSuccess(`Saved ${name}`);
      }}
    >
      <FormField label="Name" pointer="/name" value={name} onValue={setName} isFixed={resource !== undefined} />
      <FormField label="Value" pointer="/value" value={value} onValue={setValue} isRequired={false} />
    </ActDialog>
  );
};
