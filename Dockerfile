# One image for all roles; which ones a container plays is said by its command: start --role engine
FROM node:24.21.0-bookworm-slim

WORKDIR /carillon
COPY package.json package-lock.json ./
# Without the optional packages: the image brings Node, and reads models from the Postgres that DATABASE_URL names.
RUN npm ci --omit=dev --omit=optional && npm cache clean --force
COPY migrations ./migrations
COPY src ./src

ENV NODE_ENV=production CARILLON_DATA=/var/lib/carillon
RUN mkdir -p /var/lib/carillon && chown node:node /var/lib/carillon
USER node
EXPOSE 3000
# Calls under way may end within 25 s of a SIGTERM: give a container 30.
ENTRYPOINT ["node", "src/main.ts"]
CMD ["start"]
