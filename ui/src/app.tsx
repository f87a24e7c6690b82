import { useEffect, useState } from 'preact/hooks';
import { Route, Router, Switch, useLocation } from 'wouter-preact';
import { live } from './api/live.ts';
import { PREFIX } from './api/prefix.ts';
import { session } from './api/session.ts';
import { Help, openHelp } from './components/help.tsx';
import { useKeys } from './components/keys.ts';
import { Layout } from './components/layout.tsx';
import { LeaveDialog } from './components/leave-dialog.tsx';
import { closedAt } from './components/navigation.ts';
import type { PageProps } from './components/page-props.ts';
import { openPalette, Palette } from './components/palette.tsx';
import { Failed, Loading } from './components/states.tsx';
import { loadedPage, loadPage, PAGES, type Page } from './pages/index.ts';
import { NoAccess } from './pages/no-access.tsx';
import { NotFound } from './pages/not-found.tsx';
import { SignIn, SignInAgain } from './pages/sign-in.tsx';
import { SignInByLink } from './pages/sign-in-by-link.tsx';

export const App = ({ rejectedLink }: { readonly rejectedLink: string | undefined }) => {
  const current = session.current.value;
  if (current === undefined) return <Start />;
  const link = session.link.value;
  return (
    <>
      {current === null ? (
        <SignIn rejected={rejectedLink} />
      ) : (
        <Router base={`${PREFIX}/ui`}>
          <SignedIn />
        </Router>
      )}
      {link === undefined ? null : <SignInByLink link={link} />}
    </>
  );
};

/** Shown until the signed-in user is known. */
const Start = () => (
  <main class="start">
    {session.failure.value === undefined ? (
      <Loading lines={3} />
    ) : (
      <Failed error={session.failure.value} again={() => void session.load()} />
    )}
  </main>
);

const SignedIn = () => {
  const [path, navigate] = useLocation();
  const closed = closedAt(path);
  useKeys('Everywhere', [
    { key: 'mod+k', description: 'Go to a page or a job, or run a command', run: openPalette },
    { key: '?', description: 'Show these keys', run: openHelp },
    { key: 'p', description: 'Pause, or follow again', run: live.togglePause },
    { key: 'h', description: 'Overview', run: () => navigate('/') },
    { key: 'l', description: 'Jobs', run: () => navigate('/jobs') },
  ]);
  return (
    <>
      <Layout>
        {closed === undefined ? (
          <Switch>
            {PAGES.map((page) => (
              <Route key={page.path} path={page.path}>
                {(params: PageProps['params']) => <LoadedPage page={page} params={params} key={path} />}
              </Route>
            ))}
            <Route>
              <NotFound />
            </Route>
          </Switch>
        ) : (
          <NoAccess page={closed} />
        )}
      </Layout>
      <Palette />
      <Help />
      <LeaveDialog />
      {session.hasEnded.value ? <SignInAgain /> : null}
    </>
  );
};

/** Loads the page's code when it is first shown. */
const LoadedPage = ({ page, params }: { readonly page: Page } & PageProps) => {
  const [, setLoads] = useState(0);
  const [failure, setFailure] = useState<Error>();
  const Shown = loadedPage(page);
  useEffect(() => {
    if (loadedPage(page) !== undefined) return;
    loadPage(page).then(
      () => setLoads((n) => n + 1),
      (error: unknown) => setFailure(error instanceof Error ? error : new Error(String(error))),
    );
  }, [page]);
  if (failure !== undefined) return <Failed error={failure} again={() => location.reload()} />;
  return Shown === undefined ? <Loading /> : <Shown params={params} />;
};
