# One image for all roles; which ones a container plays is said by its command: start --role engine
FROM node:24.21.0-bookworm-slim AS build

WORKDIR /carillon
COPY package.json package-lock.json ./
# With the packages that build; of them the image gets what they built.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json tsconfig.package.json ./
COPY scripts/build.mjs scripts/build-ui.mjs scripts/install.mjs ./scripts/
COPY packages ./packages
COPY src ./src
COPY ui ./ui
RUN node scripts/build-ui.mjs && node scripts/build.mjs

FROM node:24.21.0-bookworm-slim AS packages

WORKDIR /carillon
COPY package.json package-lock.json ./
# Without the optional packages: the image brings Node, and reads models from the Postgres that DATABASE_URL names.
RUN npm ci --omit=dev --omit=optional --ignore-scripts
# Types, source maps and manuals of packages: nothing reads them at run time.
RUN find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.md' \) \
    ! -iname 'licen[cs]e*' -delete

# Node alone, on the Debian that it was built for: without npm, yarn and headers.
FROM debian:bookworm-20260918-slim

RUN groupadd --gid 1000 node && \
    useradd --uid 1000 --gid node --no-create-home --shell /usr/sbin/nologin node && \
    install --directory --owner node --group node --mode 0700 /var/lib/carillon
COPY --from=packages /usr/local/bin/node /usr/local/bin/node
WORKDIR /carillon
COPY --from=packages /carillon ./
COPY migrations ./migrations
COPY --from=build /carillon/dist ./dist
COPY --from=build /carillon/ui/dist ./ui/dist

ENV NODE_ENV=production CARILLON_DATA=/var/lib/carillon
# By number, so that Kubernetes can tell that it is not root.
USER 1000:1000
EXPOSE 3000
# Calls under way may end within 25 s of a SIGTERM: give a container 30.
# Half the young generation: see ADR 45.
ENTRYPOINT ["node", "--max-semi-space-size=32", "dist/src/main.js"]
CMD ["start"]
