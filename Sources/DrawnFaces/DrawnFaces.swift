// DrawnFaces
