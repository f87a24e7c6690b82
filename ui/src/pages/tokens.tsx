import { useState } from 'preact/hooks';
import type { Token } from '../../../src/client/schema.ts';
import { api, because, done, pageOf } from '../api/client.ts';
import { changed, useList } from '../api/queries.ts';
import { ActDialog } from '../components/act-dialog.tsx';
import { useApplicationNames } from '../components/applications.ts';
import { now } from '../components/clock.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { Dialog } from '../components/dialog.tsx';
import { PageHead } from '../components/layout.tsx';
import { ListCard } from '../components/list-card.tsx';
import { Status } from '../components/status.tsx';
import { showSuccess } from '../components/toasts.tsx';
import { When } from '../components/when.tsx';
import { CreateToken } from './tokens/create-token.tsx';

/** With what programs call the API. */
const Tokens = () => {
  const [isCreating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string>();
  const [revoked, setRevoked] = useState<Token>();
  const list = useList({
    key: ['tokens'],
    ask: (page, signal) => pageOf(api.GET('/tokens', { params: { query: page }, signal })),
  });
  const named = useApplicationNames();
  return (
    <>
      <PageHead
        title="API tokens"
        actions={
          <button type="button" class="button primary" onClick={() => setCreating(true)}>
            New token…
          </button>
        }
      />
      <ListCard
        title="Tokens"
        list={list}
        keyOf={({ id }) => id}
        empty="No tokens"
        hint="A program signs in with one: it has the permissions that are chosen for it, and no others."
        columns={[
          { title: 'Name', cell: ({ name }) => <code>{name}</code> },
          { title: 'State', cell: (token) => <TokenState token={token} /> },
          { title: 'Permissions', cell: ({ permissions }) => permissions.join(', ') },
          {
            title: 'Bound to',
            cell: ({ applications }) =>
              applications === undefined ? 'All of the tenant' : applications.map(named).join(', '),
          },
          {
            title: 'Created',
            cell: ({ createdAt, createdBy }) => (
              <>
                <When at={createdAt} /> by {createdBy}
              </>
            ),
          },
          {
            title: 'Actions',
            cell: (token) =>
              token.revokedAt === undefined ? (
                <button
                  type="button"
                  class="button"
                  aria-label={`Revoke ${token.name}`}
                  onClick={() => setRevoked(token)}
                >
                  Revoke…
                </button>
              ) : null,
          },
        ]}
      />
      {isCreating ? <CreateToken onClose={() => setCreating(false)} onCreated={setSecret} /> : null}
      {secret === undefined ? null : <ShowSecret secret={secret} onClose={() => setSecret(undefined)} />}
      {revoked === undefined ? null : <Revoke token={revoked} onClose={() => setRevoked(undefined)} />}
    </>
  );
};

export default Tokens;

const TokenState = ({ token: { revokedAt, revokedBy, expiresAt } }: { readonly token: Token }) => {
  if (revokedAt !== undefined) {
    return (
      <>
        <Status name="disabled">Revoked</Status> <When at={revokedAt} /> by {revokedBy}
      </>
    );
  }
  const hasExpired = expiresAt !== undefined && Date.parse(expiresAt) <= now.value;
  return (
    <>
      <Status name={hasExpired ? 'disabled' : 'enabled'}>{hasExpired ? 'Expired' : 'In force'}</Status>
      {expiresAt === undefined ? null : (
        <>
          {hasExpired ? ' ' : ' until '}
          <When at={expiresAt} />
        </>
      )}
    </>
  );
};

const Revoke = ({ token: { id, name }, onClose }: { readonly token: Token; readonly onClose: () => void }) => (
  <ActDialog
    title={`Revoke ${name}`}
    verb="Revoke"
    danger
    onClose={onClose}
    act={async (reason) => {
      await done(api.DELETE('/tokens/{id}', { params: { path: { id }, header: because(reason) } }));
      changed();
      showSuccess(`${name} is revoked`);
    }}
  >
    <p>Calls with it are rejected within a second. This cannot be undone.</p>
  </ActDialog>
);

const ShowSecret = ({ secret, onClose }: { readonly secret: string; readonly onClose: () => void }) => (
  <Dialog title="The token, shown this once" onClose={onClose}>
    <p>Keep it where only its program finds it. Nobody can look it up later.</p>
    <input
      type="text"
      readOnly
      aria-label="Token"
      value={secret}
      onFocus={({ currentTarget }) => currentTarget.select()}
    />
    <footer class="dialog-foot">
      <CopyButton what="token" text={secret} />
      <button type="button" class="button primary" onClick={onClose}>
        I have it
      </button>
    </footer>
  </Dialog>
);
