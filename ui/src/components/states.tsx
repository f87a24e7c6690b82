import type { ComponentChildren } from 'preact';
import { Problem, Unreachable } from '../../../packages/client/src/problem.ts';
import { Icon, type IconName } from './icon.tsx';

type EmptyProps = { readonly icon?: IconName; readonly title: string; readonly children?: ComponentChildren };

/** An empty state: what it means and what to do. */
export const Empty = ({ icon = 'search', title, children }: EmptyProps) => (
  <div class="empty">
    <Icon name={icon} />
    <p class="empty-title">{title}</p>
    {children === undefined ? null : <div class="quiet">{children}</div>}
  </div>
);

type FailedProps = { readonly error: Error; readonly again?: () => void };

/** An error with a retry button. */
export const Failed = ({ error, again }: FailedProps) => (
  <div class="empty failed" role="alert">
    <Icon name="warning" />
    <p class="empty-title">{titleOf(error)}</p>
    <p class="quiet">{error.message}</p>
    {again === undefined ? null : (
      <button type="button" class="button" onClick={again}>
        Try again
      </button>
    )}
  </div>
);

const titleOf = (error: Error): string => {
  if (error instanceof Unreachable) return 'No connection';
  if (!(error instanceof Problem)) return 'This page has an internal error';
  switch (error.status) {
    case 401:
      return "You're not signed in";
    case 403:
      return "You don't have access to this";
    case 404:
      return 'Not found';
    case 503:
      return 'Carillon is starting, or a service it needs is unavailable';
    default:
      return "Can't show this";
  }
};

/** A placeholder while data is loading. */
export const Loading = ({ lines = 6 }: { readonly lines?: number }) => (
  <div class="loading" role="status">
    <span class="unseen">Loading</span>
    {Array.from({ length: lines }, (_, line) => (
      <span key={line} class="skeleton" />
    ))}
  </div>
);
