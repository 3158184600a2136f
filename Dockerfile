# A static binary in an empty image. Build and run:
#
#   docker build -t rootwalk .
#   docker run --rm --read-only -p 127.0.0.1:8080:8080 -e ROOTWALK_HOST=localhost,127.0.0.1 rootwalk
#
# It needs no files, no rights and no network of its own.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /rootwalk ./cmd/rootwalk

FROM scratch
COPY --from=build /rootwalk /rootwalk
USER 65532:65532
# Inside a container the page is reached through a published port, so it
# listens on all of the container's addresses.
ENV ROOTWALK_ADDR=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["/rootwalk"]
