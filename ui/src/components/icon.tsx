const PATHS = {
  overview: 'M3 3h7v9H3zM14 3h7v5h-7zM14 12h7v9h-7zM3 16h7v5H3z',
  jobs: 'M8 6h13M8 12h13M8 18h13M3 6h.01M3 12h.01M3 18h.01',
  executions: 'M6 4l14 8-14 8z',
  timeline: 'M3 6h8M9 12h9M5 18h6M3 3v18',
  applications: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
  calendar: 'M4 6h16v14H4zM4 10h16M9 3v4M15 3v4',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 5l12 7-12 7z',
  limit: 'M4 19a8 8 0 1 1 16 0M12 19l4-6',
  projections: 'M12 3l9 5-9 5-9-5zM3 13l9 5 9-5',
  audit: 'M6 3h9l4 4v14H6zM9 12h6M9 16h6M14 3v5h5',
  report: 'M4 4v16h16M9 16v-4M13 16V8M17 16v-6',
  operations: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
  clear: 'M6 6l12 12M18 6L6 18',
  menu: 'M4 7h16M4 12h16M4 17h16',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  bolt: 'M13 3L5 14h6l-1 7 8-11h-6z',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13',
  warning: 'M12 4l9 16H3zM12 10v4M12 17h.01',
  ok: 'M5 12l5 5L20 7',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21a8 8 0 0 1 16 0',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  undo: 'M9 7L4 12l5 5M4 12h11a5 5 0 0 1 0 10h-2',
  engine: 'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 3v3M12 18v3M3 12h3M18 12h3M6 6l2 2M16 16l2 2M6 18l2-2M16 8l2-2',
  up: 'M7 14l5-5 5 5',
  down: 'M7 10l5 5 5-5',
  history: 'M4 12a8 8 0 1 0 3-6M4 4v4h4M12 8v4l3 2',
  external: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
} as const;

export type IconName = keyof typeof PATHS;

/** An icon. Beside text with the same meaning it has no label, and screen readers skip it; alone, its label is its name. */
export const Icon = ({ name, label }: { readonly name: IconName; readonly label?: string }) =>
  label === undefined ? (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  ) : (
    <svg class="icon" viewBox="0 0 24 24" role="img" aria-label={label} focusable="false">
      <title>{label}</title>
      <path d={PATHS[name]} />
    </svg>
  );
