// Runs at the edge for every request: one request id, from the first hop to the last log line.
var VALID_ID = /^[A-Za-z0-9._-]{8,128}$/;

function keepOrSetRequestId(event) {
  var headers = event.request.headers;
  var id = headers['x-request-id'];
  if (!id || id.multiValue || !VALID_ID.test(id.value)) {
    headers['x-request-id'] = { value: event.context.requestId.replace(/[^A-Za-z0-9._-]/g, '') };
  }
}
