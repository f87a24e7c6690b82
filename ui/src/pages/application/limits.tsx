import { useState } from 'preact/hooks';
import type { Limit } from '../../../../packages/client/src/schema.ts';
import { api, done, pageOf, reasonHeader } from '../../api/client.ts';
import { changed } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { FormField } from '../../components/form-field.tsx';
import { showSuccess } from '../../components/toasts.tsx';
import { formatCount } from '../../format/count.ts';
import { ResourceSection, type SetDialogProps } from './resource-section.tsx';

/** Shared call limits of the jobs that use them. */
export const Limits = ({ id }: { readonly id: number }) => (
  <ResourceSection<Limit>
    title="Limits"
    one="limit"
    queryKey={['application', id, 'limits']}
    load={(page, signal) =>
      pageOf(
        api.GET('/applications/{id}/limits', {
          params: { path: { id }, query: page },
          signal,
        }),
      )
    }
    columns={[
      {
        title: 'Concurrent calls',
        cell: ({ parallel }) => (parallel === undefined ? 'Any' : formatCount(parallel, 'call')),
      },
      {
        title: 'Rate',
        cell: ({ rate }) => (rate === undefined ? 'Any' : `${formatCount(rate.count, 'call')} per ${rate.per}`),
      },
    ]}
    hint="Jobs that use a limit wait while it is reached."
    mayWrite={session.may('scheduler:jobs:write')}
    SetDialog={(props) => <SetLimit id={id} {...props} />}
    remove={(name, reason) =>
      done(
        api.DELETE('/applications/{id}/limits/{name}', {
          params: { path: { id, name }, header: reasonHeader(reason) },
        }),
      )
    }
    removal="Jobs must not use it."
    history={(name, page, signal) =>
      pageOf(
        api.GET('/applications/{id}/limits/{name}/history', { params: { path: { id, name }, query: page }, signal }),
      )
    }
    revert={(name, version, reason) =>
      done(
        api.POST('/applications/{id}/limits/{name}/history/{version}/revert', {
          params: { path: { id, name, version }, header: reasonHeader(reason) },
        }),
      )
    }
  />
);

const SetLimit = ({ id, resource, onClose }: { readonly id: number } & SetDialogProps<Limit>) => {
  const [name, setName] = useState(resource?.name ?? '');
  const [parallel, setParallel] = useState(String(resource?.parallel ?? ''));
  const [count, setCount] = useState(String(resource?.rate?.count ?? ''));
  const [per, setPer] = useState(String(resource?.rate?.per ?? '1m'));
  return (
    <ActDialog
      title={resource === undefined ? 'New limit' : `Edit ${resource.name}`}
      verb="Save"
      onClose={onClose}
      act={async (reason) => {
        const params = { path: { id, name }, header: reasonHeader(reason) };
        const body = {
          ...(parallel === '' ? {} : { parallel: Number(parallel) }),
          ...(count === '' ? {} : { rate: { count: Number(count), per } }),
        };
        await done(api.PUT('/applications/{id}/limits/{name}', { params, body }));
        changed();
        showSuccess(`Saved ${name}`);
      }}
    >
      <FormField label="Name" pointer="/name" value={name} onValue={setName} isFixed={resource !== undefined} />
      <FormField
        label="Concurrent calls"
        pointer="/parallel"
        value={parallel}
        onValue={setParallel}
        isRequired={false}
        hint="1 to 10,000"
      />
      <FormField label="Calls started" pointer="/rate/count" value={count} onValue={setCount} isRequired={false} />
      <FormField
        label="Per duration"
        pointer="/rate/per"
        value={per}
        onValue={setPer}
        isRequired={count !== ''}
        hint="Such as 1s, 5m or 1d"
      />
    </ActDialog>
  );
};
