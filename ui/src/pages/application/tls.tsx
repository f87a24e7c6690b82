import { useState } from 'preact/hooks';
import type { TlsSettings } from '../../../../packages/client/src/schema.ts';
import { api, done, pageOf, reasonHeader } from '../../api/client.ts';
import { changed } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { FormField } from '../../components/form-field.tsx';
import { Status } from '../../components/status.tsx';
import { showSuccess } from '../../components/toasts.tsx';
import { When } from '../../components/when.tsx';
import { ResourceSection, type SetDialogProps } from './resource-section.tsx';

/** Trusted authorities and client certificates for calls of some origins. */
export const Tls = ({ id }: { readonly id: number }) => (
  <ResourceSection<TlsSettings>
    title="TLS"
    one="TLS setting"
    queryKey={['application', id, 'tls']}
    load={(page, signal) =>
      pageOf(
        api.GET('/applications/{id}/tls', {
          params: { path: { id }, query: page },
          signal,
        }),
      )
    }
    columns={[
      { title: 'Origins', cell: ({ origins }) => origins.join(', ') },
      {
        title: 'Authorities',
        cell: ({ authorities }) => authorities?.map(({ subject }) => subject).join(', ') ?? 'Default',
      },
      { title: 'Client', cell: ({ chain }) => chain?.[0]?.subject ?? 'None' },
      { title: 'Certificates', cell: (settings) => <Expiry settings={settings} /> },
    ]}
    hint="Sets the trusted authorities and the client certificate for calls to some origins."
    mayWrite={session.may('scheduler:secrets:write')}
    SetDialog={(props) => <SetTls id={id} {...props} />}
    remove={(name, reason) =>
      done(
        api.DELETE('/applications/{id}/tls/{name}', { params: { path: { id, name }, header: reasonHeader(reason) } }),
      )
    }
    removal="Calls to its origins will trust the default authorities and use no client certificate."
  />
);

const SHOWN = {
  valid: ['enabled', 'valid'],
  expiresSoon: ['late', 'expires soon'],
  expired: ['failed', 'expired'],
} as const;

const Expiry = ({ settings: { expiry, authorities = [], chain = [] } }: { readonly settings: TlsSettings }) => {
  const [tone, words] = SHOWN[expiry];
  const [first] = [...authorities, ...chain].map(({ expiresAt }) => expiresAt).sort();
  return (
    <>
      <Status name={tone}>{words}</Status>
      {first === undefined ? null : (
        <>
          {' until '}
          <When at={first} />
        </>
      )}
    </>
  );
};

const SetTls = ({ id, resource, onClose }: { readonly id: number } & SetDialogProps<TlsSettings>) => {
  const [name, setName] = useState(resource?.name ?? '');
  const [origins, setOrigins] = useState(resource?.origins.join('\n') ?? '');
  const [ca, setCa] = useState(resource?.ca ?? '');
  const [certificate, setCertificate] = useState(resource?.certificate ?? '');
  const [key, setKey] = useState('');
  const save = async (reason: string) => {
    const keptKey = resource?.key !== undefined && certificate !== '' ? { key: { sealed: true as const } } : {};
    const body = {
      origins: origins.split(/\s+/).filter((origin) => origin !== ''),
      ...(ca.trim() === '' ? {} : { ca }),
      ...(certificate.trim() === '' ? {} : { certificate }),
      ...(key.trim() === '' ? keptKey : { key }),
    };
    const params = { path: { id, name }, header: reasonHeader(reason) };
    await done(api.PUT('/applications/{id}/tls/{name}', { params, body }));
    changed();
    showSuccess(`Saved ${name}`);
  };
  return (
    <ActDialog
      title={resource === undefined ? 'New TLS setting' : `Edit ${resource.name}`}
      verb="Save"
      act={save}
      onClose={onClose}
    >
      <FormField label="Name" pointer="/name" value={name} onValue={setName} isFixed={resource !== undefined} />
      <FormField
        label="Origins"
        kind="lines"
        pointer="/origins"
        value={origins}
        onValue={setOrigins}
        hint="One per line, such as https://service.example.com"
      />
      <FormField
        label="Authorities"
        kind="lines"
        pointer="/ca"
        value={ca}
        onValue={setCa}
        isRequired={false}
        hint="PEM. Only these are trusted. If empty: the default authorities"
      />
      <FormField
        label="Client certificate"
        kind="lines"
        pointer="/certificate"
        value={certificate}
        onValue={setCertificate}
        isRequired={false}
        hint="PEM, including intermediate certificates"
      />
      <FormField
        label="Private key"
        kind="lines"
        pointer="/key"
        value={key}
        onValue={setKey}
        isRequired={false}
        hint={
          resource?.key === undefined ? 'PEM. Stored encrypted and never shown again' : 'If empty, the stored key stays'
        }
      />
    </ActDialog>
  );
};
