
// A path without a file ending is a route of the application. Paths of an API have a behaviour of their own and never
// come here; /.well-known/ holds files without ending.
function handler(event) {
  var request = event.request;
  keepOrSetRequestId(event);
  var last = request.uri.substring(request.uri.lastIndexOf('/') + 1);
  if (last.indexOf('.') === -1 && request.uri.indexOf('/.well-known/') !== 0) {
    request.uri = '/index.html';
  }
  return request;
}
