
// A path without a file ending is a folder with an index.html.
function handler(event) {
  var request = event.request;
  keepOrSetRequestId(event);
  var last = request.uri.substring(request.uri.lastIndexOf('/') + 1);
  if (last === '') {
    request.uri += 'index.html';
  } else if (last.indexOf('.') === -1 && request.uri.indexOf('/.well-known/') !== 0) {
    request.uri += '/index.html';
  }
  return request;
}
