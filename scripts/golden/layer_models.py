"""Models of layers of one kind each, with their settings."""

from either_keras import LEGACY, L, keras, values


def activations():
    names = "elu selu softplus softsign tanh sigmoid hard_sigmoid swish gelu linear relu softmax mish log_softmax"
    extra = "silu relu6 leaky_relu"
    new = "hard_silu hard_swish log_sigmoid hard_tanh tanh_shrink celu"
    x = L.Input((6,))
    all_names = (names + " " + extra + ("" if LEGACY else " " + new)).split()
    parts = [L.Dense(3, activation=name)(x) for name in ("hard_sigmoid", "silu", "leaky_relu", "tanh")]
    parts += [L.Activation(name)(x) for name in all_names]
    return keras.Model(x, L.Concatenate()(parts), name="activations")


def activation_layers():
    x = L.Input((3, 4, 2))
    wide = L.Rescaling(8.0)(x)
    parts = [
        L.ReLU()(wide),
        L.ReLU(max_value=2.0)(wide),
        L.ReLU(negative_slope=0.2)(wide),
        L.ReLU(max_value=3.0, negative_slope=0.1)(wide),
        L.ReLU(threshold=1.5)(wide),
        L.ReLU(threshold=1.0, max_value=4.0)(wide),
        L.LeakyReLU()(wide),
        L.ELU()(wide),
        L.ELU(0.6)(wide),
        L.Softmax()(x),
        L.Softmax(axis=1)(x),
        L.Conv2D(2, 1, activation=L.LeakyReLU())(wide),
    ]
    if LEGACY:
        parts.append(L.ThresholdedReLU(0.8)(wide))
    return keras.Model(x, L.Concatenate()(parts), name="activation_layers")


def grouped():
    x = L.Input((8, 8, 4))
    y = L.Conv2D(6, 3, groups=2, padding="same", activation="relu")(x)
    y = L.Conv2D(12, 3, groups=6, padding="same")(y)
    y = L.Conv2D(6, 3, groups=3, dilation_rate=2, use_bias=False)(y)
    y = L.Conv2D(4, 2, dilation_rate=(1, 2))(y)
    return keras.Model(x, y, name="grouped")


def separable():
    x = L.Input((12, 14, 3))
    y = L.ZeroPadding2D(((1, 2), (0, 1)))(x)
    y = L.SeparableConv2D(5, 3, strides=2, padding="same", depth_multiplier=2, activation="elu")(y)
    y = L.PReLU(shared_axes=[1, 2])(y)
    y = L.DepthwiseConv2D(3, depth_multiplier=2, padding="same", dilation_rate=2)(y)
    y = L.DepthwiseConv2D((2, 3), strides=(2, 2), use_bias=False, activation="relu")(y)
    y = L.Cropping2D(((0, 1), (1, 0)))(y)
    y = L.PReLU()(y)
    return keras.Model(x, y, name="separable")


def transposed():
    x = L.Input((4, 5, 3))
    y = L.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu")(x)
    y = L.Conv2DTranspose(3, 3, strides=2, padding="valid")(y)
    y = L.Conv2DTranspose(2, 2, strides=3, padding="valid", use_bias=False)(y)
    y = L.AveragePooling2D(3)(y)
    y = L.UpSampling2D((2, 1))(y)
    y = L.UpSampling2D((2, 3), interpolation="bilinear")(y)
    y = L.AveragePooling2D((8, 9), padding="same")(y)
    return keras.Model(x, y, name="transposed")


def normalizations():
    x = L.Input((6, 5, 3))
    adapted = L.Normalization(name="adapted")
    adapted.adapt(values((40, 6, 5, 3), 40.0, 100.0, 0.5)[0])
    y = adapted(x)
    y = L.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 0.5])(y)
    y = L.Normalization(mean=0.5, variance=4.0, axis=None)(y)
    y = L.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 0.5], invert=True)(y)
    y = L.Rescaling([1.0, 0.5, 2.0], offset=[0.0, 1.0, -1.0])(y)
    y = L.Rescaling(2.0, offset=-0.5)(y)
    y = L.LayerNormalization()(y)
    y = L.LayerNormalization(axis=[1, 2, 3], epsilon=1e-5, center=False)(L.Conv2D(4, 1)(y))
    y = L.BatchNormalization(axis=1)(y)
    return keras.Model(x, y, name="normalizations")


def resizing():
    x = L.Input((7, 9, 3))
    parts = [
        L.Flatten()(L.Resizing(5, 4)(x)),
        L.Flatten()(L.Resizing(11, 20)(x)),
        L.Flatten()(L.Resizing(4, 13, interpolation="nearest")(x)),
        L.Flatten()(L.UpSampling2D(2, interpolation="bilinear")(L.Conv2D(2, 3)(x))),
    ]
    return keras.Model(x, L.Dense(6)(L.Concatenate()(parts)), name="resizing")


def pooling():
    x = L.Input((11, 13, 2))
    a = L.AveragePooling2D(3, strides=2, padding="same")(x)
    b = L.MaxPooling2D((2, 3), padding="same")(x)
    c = L.AveragePooling2D((3, 2))(b)
    d = L.MaxPooling2D(3, strides=1)(a)
    parts = [L.GlobalAveragePooling2D()(d), L.Flatten()(c), L.GlobalMaxPooling2D()(a)]
    return keras.Model(x, L.Concatenate()(parts), name="pooling")


def products():
    """Bilinear pooling: the products of two kinds of features, summed over all places; and cosines."""
    x = L.Input((6, 7, 3))
    one = L.Reshape((-1, 4))(L.Conv2D(4, 3, activation="relu")(x))
    other = L.Reshape((-1, 5))(L.Conv2D(5, 3, activation="tanh")(x))
    rows = L.Dense(5)(L.Permute((2, 1))(one))
    pooled = L.Dot(axes=1)([one, other])
    square = L.Dot(axes=(2, -1), normalize=True)([pooled, rows])
    flat = [L.Flatten()(pooled), L.Dense(20)(L.Flatten()(square))]
    return keras.Model(x, L.Concatenate()([L.Dot(axes=1)(flat), L.Dot(axes=-1, normalize=True)(flat), *flat]), name="products")


def one_dimension():
    x = L.Input((20, 3))
    y = L.Conv1D(4, 3, padding="same", activation="relu")(x)
    y = L.SpatialDropout1D(0.1)(L.MaxPooling1D(2)(y))
    y = L.Conv1D(5, 2, strides=2)(y)
    y = L.AveragePooling1D(2, strides=1, padding="same")(L.Conv1D(4, 2, dilation_rate=2)(y))
    flat = L.Concatenate()([L.GlobalMaxPooling1D()(y), L.GlobalAveragePooling1D()(y)])
    z = L.Permute((2, 1))(L.RepeatVector(3)(flat))
    return keras.Model(x, L.Reshape((4, -1))(z), name="one_dimension")


def three_dimensions():
    x = L.Input((6, 6, 6, 2))
    y = L.Conv3D(3, 3, padding="same", activation="relu")(x)
    y = L.SpatialDropout3D(0.1)(L.MaxPooling3D(2)(y))
    y = L.Conv3DTranspose(2, 2, strides=2)(y)
    y = L.AveragePooling3D((3, 2, 2))(y)
    return keras.Model(x, L.Flatten()(y), name="three_dimensions")


def augmented():
    return keras.Sequential(
        [
            L.Input((18, 18, 3)),
            L.RandomFlip(),
            L.RandomRotation(0.2),
            L.RandomZoom(0.2),
            L.RandomTranslation(0.1, 0.1),
            L.RandomContrast(0.2),
            L.RandomBrightness(0.2),
            # Keras 3.15 leaves the size as it is outside of training, against its own output shape.
            *([L.RandomCrop(14, 17)] if LEGACY else []),
            L.CenterCrop(14, 13),
            L.CenterCrop(12, 15),
            L.Resizing(10, 14, crop_to_aspect_ratio=True),
            L.Rescaling(1 / 255),
            L.GaussianNoise(0.1),
            L.Conv2D(4, 3),
            L.ActivityRegularization(0.01),
            L.SpatialDropout2D(0.1),
            L.GaussianDropout(0.1),
            L.AlphaDropout(0.1),
            L.Flatten(),
            L.Dense(3),
            L.Flatten(),
        ],
        name="augmented",
    )


def arithmetic():
    """Operators between tensors, as MobileNetV3 in Keras Applications has them."""
    x = L.Input((6, 6, 3))
    y = L.Conv2D(4, 1)(x)
    y = y * L.ReLU(6.0)(y + 3.0) * (1.0 / 6.0)
    z = L.Conv2D(4, 1)(x)
    y = 1.0 - (y + z) / 2.0 - z
    y = (y - z * y) * 0.5 - 0.25
    if not LEGACY:
        y = keras.ops.maximum(keras.ops.relu(y), keras.ops.sigmoid(z))
    return keras.Model(x, L.Flatten()(y), name="arithmetic")


def squeeze_excite():
    x = L.Input((8, 8, 6))
    y = L.Conv2D(6, 1, activation="swish")(x)
    gate = L.GlobalAveragePooling2D(keepdims=True)(y)
    gate = L.Conv2D(6, 1, activation="sigmoid")(L.Conv2D(2, 1, activation="swish")(gate))
    other = L.Reshape((1, 1, 6))(L.GlobalMaxPooling2D()(y))
    y = L.Multiply()([y, gate, other])
    y = L.Dropout(0.2, noise_shape=(None, 1, 1, 1))(y)
    return keras.Model(x, L.Flatten()(L.GlobalMaxPooling2D(keepdims=True)(L.Add()([x, y]))), name="squeeze_excite")


def replicated():
    x = L.Input((8, 8, 3))
    norm = L.experimental.SyncBatchNormalization() if LEGACY else L.BatchNormalization(synchronized=True)
    y = norm(L.Conv2D(4, 3)(x))
    y = L.SpatialDropout2D(0.2)(y if LEGACY else L.Identity()(y))
    return keras.Model(x, L.GlobalMaxPooling2D()(y), name="replicated")
