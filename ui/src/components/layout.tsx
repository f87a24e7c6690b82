import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import { connection } from '../api/connection.ts';
import { live } from '../api/live.ts';
import { PREFIX } from '../api/prefix.ts';
import { session } from '../api/session.ts';
import { formatNumber } from '../format/count.ts';
import { formatDuration, ownZone } from '../format/time.ts';
import icon from '../style/favicon.svg';
import { openPast } from './as-of.tsx';
import { useJobsInNeed } from './attention.ts';
import { Icon, type IconName } from './icon.tsx';
import { destinations } from './navigation.ts';
import { openPalette } from './palette.tsx';
import { theme, type ZoneChoice, zoneChoice } from './preferences.ts';
import { showError, Toasts } from './toasts.tsx';

const START_PATH = location.pathname;
/** The title of the page for screen readers, which don't notice a navigation. */
const announced = signal('');

/** The frame of every page: the bar with what concerns all pages, the navigation, and the page. */
export const Layout = ({ children }: { readonly children: ComponentChildren }) => (
  <div class="frame">
    <a class="skip" href="#main">
      Skip to content
    </a>
    <header class="bar">
      <Link href="/" class="brand" aria-label="Carillon">
        <img src={icon} alt="" width="24" height="24" />
        <span class="only-wide">Carillon</span>
      </Link>
      <SearchButton />
      <div class="bar-tools only-wide">
        <PastButton />
        <ZonePicker />
      </div>
      <LiveButton />
      <Popover id="account" label="Account" icon="user" class="only-wide">
        <Account />
      </Popover>
      <Popover id="menu" label="Menu" icon="menu" class="only-narrow">
        <Navigation />
        <div class="menu-tools">
          <PastButton />
          <ZonePicker />
        </div>
        <Account />
      </Popover>
    </header>
    <div class="side">
      <div class="side-body only-wide">
        <Navigation />
      </div>
      <Toasts />
    </div>
    <div class="content">
      <p class="unseen" role="status">
        {announced}
      </p>
      <Notices />
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </div>
  </div>
);

type PopoverProps = {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  readonly class: string;
  readonly children: ComponentChildren;
};

/** A button of the bar that opens a panel below it. */
const Popover = ({ id, label, icon: name, class: className, children }: PopoverProps) => (
  <>
    <button type="button" class={`ghost ${className}`} popovertarget={id} aria-label={label} title={label}>
      <Icon name={name} />
    </button>
    <div id={id} popover="auto" class="bar-popover">
      {children}
    </div>
  </>
);

const SearchButton = () => (
  <button type="button" class="bar-search" onClick={openPalette} aria-keyshortcuts="Control+K">
    <Icon name="search" />
    <span class="bar-search-text">Search or run a command…</span>
    <span class="kbd only-wide">Ctrl K</span>
  </button>
);

/** Shows the page at a past time, if the page has one. */
const PastButton = () => (
  <button
    type="button"
    class="ghost"
    disabled={openPast.value === undefined}
    title={openPast.value === undefined ? 'This page shows only the current state' : undefined}
    onClick={() => {
      closeMenu();
      openPast.value?.();
    }}
  >
    <Icon name="history" />
    View at a past time…
  </button>
);

const closeMenu = (): void => document.querySelector<HTMLElement>('#menu:popover-open')?.hidePopover();

const Navigation = () => {
  const [path] = useLocation();
  const first = `/${path.split('/')[1] ?? ''}`;
  return (
    <nav aria-label="Pages">
      <ul class="nav">
        {destinations().map(({ path: to, title, icon }) => (
          <li key={to}>
            <Link href={to} aria-current={to === first ? 'page' : undefined} onClick={closeMenu}>
              <Icon name={icon} />
              {title}
              {to === '/' ? <JobsInNeed /> : null}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
};

const JobsInNeed = () => {
  const count = useJobsInNeed();
  return count === 0 ? null : (
    <span class="count nav-count" title="Jobs that need attention">
      {formatNumber(count)}
      <span class="unseen"> need attention</span>
    </span>
  );
};

const Account = () => {
  const { user, tenant } = session.current.value ?? { user: '', tenant: '' };
  return (
    <div class="account">
      <p class="account-name" title={`${user} · ${tenant}`}>
        {user}
        <span class="quiet"> · {tenant}</span>
      </p>
      <div class="account-choices">
        <label>
          <span class="unseen">Theme</span>
          <select
            value={theme.value}
            onChange={({ currentTarget: { value } }) => {
              theme.value = value === 'light' || value === 'dark' ? value : 'auto';
            }}
          >
            <option value="auto">Theme of the device</option>
            <option value="light">Light</option>
            <option value="dark">Dark</option>
          </select>
        </label>
        <SignOut />
      </div>
    </div>
  );
};

/** For users of the identity provider, also ends their session there, which loads another page. */
const SignOut = () =>
  session.current.value?.signedInBy === 'oidc' ? (
    <form method="post" action={`${PREFIX}/sign-out`} onSubmit={session.forget}>
      <button type="submit" class="ghost small">
        Sign out
      </button>
    </form>
  ) : (
    <button type="button" class="ghost small" onClick={() => session.signOut().catch(showError)}>
      Sign out
    </button>
  );

/** Problems beyond this page, shown once. */
const Notices = () => (
  <div aria-live="polite">
    {connection.online.value ? null : (
      <p class="notice notice-bad">
        <Icon name="warning" />
        Can't reach Carillon. Data may be out of date. The page updates when the connection returns.
      </p>
    )}
    {connection.lagSeconds.value >= 5 ? (
      <p class="notice notice-warn">
        <Icon name="clock" />
        The lists are {formatDuration(connection.lagSeconds.value * 1_000)} behind. Newer changes aren't shown yet.
      </p>
    ) : null}
  </div>
);

type HeadProps = {
  readonly title: string;
  /** Breadcrumbs above the title. */
  readonly above?: ComponentChildren;
  /** The state, beside the title. */
  readonly beside?: ComponentChildren;
  /** What can be done here; one of them is primary. */
  readonly actions?: ComponentChildren;
};

/** The head of a page: where it is, its title, its state, and its actions. */
export const PageHead = ({ title, above, beside, actions }: HeadProps) => {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // The link that led here may be gone, and the focus with it.
    if (location.pathname !== START_PATH && document.activeElement === document.body) heading.current?.focus();
  }, []);
  const inNeed = useJobsInNeed();
  useEffect(() => {
    announced.value = title;
    document.title = `${inNeed === 0 ? '' : `(${inNeed}) `}${title} · Carillon`;
  }, [title, inNeed]);
  return (
    <div class="page-head">
      <div class="page-title">
        {above === undefined ? null : <p class="above">{above}</p>}
        <div class="title-line">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {beside}
        </div>
      </div>
      {actions ? <div class="page-tools">{actions}</div> : null}
    </div>
  );
};

const ZonePicker = () => (
  <label class="zone-picker">
    <span class="unseen">Show times in</span>
    <select
      value={zoneChoice.value}
      onChange={({ currentTarget: { value } }) => {
        const choices: Readonly<Record<string, ZoneChoice>> = { mine: 'mine', job: 'job', UTC: 'UTC' };
        zoneChoice.value = choices[value] ?? 'mine';
      }}
    >
      <option value="mine">My time ({ownZone()})</option>
      <option value="job">Job's time</option>
      <option value="UTC">UTC</option>
    </select>
  </label>
);

const SAYS = {
  live: 'Live',
  paused: 'Paused',
  connecting: 'Connecting',
  off: 'Every 30 s',
} as const;

const LiveButton = () => {
  const state = live.state.value;
  const isStale = state === 'paused' || !connection.online.value;
  return (
    <button
      type="button"
      class={`ghost live live-${isStale ? 'stale' : state}`}
      aria-pressed={state === 'paused'}
      title={state === 'paused' ? 'Resume live updates' : 'Pause live updates'}
      onClick={live.togglePause}
    >
      <span class="live-dot" aria-hidden="true" />
      <span class="unseen-narrow">{connection.online.value ? SAYS[state] : 'Stale'}</span>
      <Icon name={state === 'paused' ? 'play' : 'pause'} />
    </button>
  );
};
